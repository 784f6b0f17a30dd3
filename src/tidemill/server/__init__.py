"""The page's server: reads by queries, writes by requests for runs; no user code runs in it and nothing is unpickled.

    browser ──/api──▶ app ──▶ queries ──▶ store (read)
                       │──▶ feed ◀── new events of the log, whoever wrote them
                       └──▶ workshop (a child process with the user's code) ──▶ runs, each a process of its own

`app.create_app` makes it, `serving` runs it; `models` is what its answers look like.

Rooms: `workshop` has the user's code in other processes; `reading` is what the store has; `live` what is so now;
`queries` answer what takes more than one read; `routes` are the addresses. In the hall: `models` and `port`, which all
of them know, and `service`, `app`, `guard`, which bring them together.
"""
