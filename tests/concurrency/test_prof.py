import time
from collections import defaultdict
from sqlalchemy import event
from tests.concurrency import test_random_operations as m
from tests.concurrency.test_random_operations import Day, Somebody, open_practice, Session
def test_p(crowd):
    day = crowd.alone(lambda session: open_practice(session, crowd))
    one=Somebody(day, 1)
    n=[0]
    def note(*a): n[0]+=1
    event.listen(crowd.engine,"before_cursor_execute",note)
    T=defaultdict(lambda:[0,0.0,0,0.0])
    with Session(crowd.engine, expire_on_commit=False) as session:
        names=[*m.WEIGHTS]
        for i in range(1500):
            name=one.chance.choices(names,[*m.WEIGHTS.values()])[0]
            before=day.done.copy(); n0=n[0]; t=time.process_time(); w=time.perf_counter()
            one.do(session,name)
            t=time.process_time()-t; w=time.perf_counter()-w
            key=[k for k in day.done if day.done[k]!=before[k]][0]
            e=T[key]; e[0]+=1; e[1]+=t; e[2]+=n[0]-n0; e[3]+=w
    tot=0
    for k,(c,t,q,w) in sorted(T.items()): print(f"{k:25} n={c:4} cpu={t/c*1000:6.1f} ms wall={w/c*1000:6.1f} q={q/c:5.1f} total={t:5.1f}"); tot+=t
    print(tot)
    assert 0
