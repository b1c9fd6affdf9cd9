from tests.factories import *
def test_session(session, frozen):
    import tests.conftest, sys
    print([n for n in sys.modules if "conftest" in n], tests.conftest.NOW)
    centre=a_centre(session); c=a_clinician(session, centre); p=a_patient(session)
    a=an_appointment(session, clinician=c, patient=p); print(a.starts_at, a.status, a.version)
    h=a_hold(session,c,patient=p); print(h.starts_at)
    for s in Status:
        if s=="PENDING": continue
        b=an_appointment(session, clinician=c, patient=p, starts_at=wall("2026-02-1%d 10:00"%(list(Status).index(s))), status=s); print(b.status, b.starts_at)
    an_actor(session, Role.FRONT_DESK); an_actor(session, Role.CLINICIAN); an_account(session)
    online=a_clinician(session, None, time_zone="Asia/Kolkata", hours="Mon/Wed 13:30-17")
    print(slots_of(session, online)[:2])
    assert 0
