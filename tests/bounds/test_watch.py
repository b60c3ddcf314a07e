"""What a function does beside computing is seen while it is watched, and only then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from uat.bounds.watch import Watch


def test_the_first_thing_is_named() -> None:
    watch = Watch()
    watch.hooked = True  # no hook of its own: the events are told by hand
    watch._heard("open", ("before.txt", "r", 0))
    watch.begin()
    assert watch.end() == ""
    for event, arguments, words in (
        ("open", ("values.txt", "r", 0), "opens the file 'values.txt'"),
        ("open", (13, "rb", 0), "opens a file"),
        ("subprocess.Popen", ("ls", ["ls"], None, None), "starts the program 'ls'"),
        ("socket.connect", (object(), ("::1", 80)), "connects to \"('::1', 80)\""),
        ("open", ("module.py", "r", 0), ""),
        ("open", ("__pycache__/module.cpython-311.pyc", "r", 0), ""),
        ("os.listdir", ("/",), ""),
    ):
        watch.begin()
        watch._heard("import", ("module",))
        watch._heard(event, arguments)
        if words:
            watch._heard("open", ("later.txt", "r", 0))
        assert watch.end() == words
        watch._heard("open", ("after.txt", "r", 0))
        assert watch.end() == words


def test_other_threads_have_work_of_their_own() -> None:
    """As a worker of a cluster has, which answers its scheduler meanwhile."""
    watch = Watch()
    watch.hooked = True
    watch.begin()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(watch._heard, "socket.connect", (object(), ("::1", 80))).result()
    assert watch.end() == ""
