"""Runs a program in a terminal of its own, and answers it: in_terminal.py JSON PROGRAM ARGUMENT...

JSON is a list of [what to wait for, what to type then]. Prints as JSON what the program showed, and its exit code."""
import json, os, pty, select, sys, time

dialogue, argv = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
shown, end = '', time.monotonic() + 90
seen = 0
while time.monotonic() < end:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk.decode('utf-8', 'replace')
    while dialogue and (at := shown.find(dialogue[0][0], seen)) >= 0:
        seen = at + len(dialogue[0][0])
        os.write(terminal, dialogue[0][1].encode())
        dialogue.pop(0)
_, status = os.waitpid(pid, 0)
print(json.dumps({'shown': shown, 'code': os.waitstatus_to_exitcode(status)}))
