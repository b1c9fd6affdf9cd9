def test_session(session, frozen):
    from sqlalchemy import text
    assert session.execute(text("select 1")).scalar()==1
