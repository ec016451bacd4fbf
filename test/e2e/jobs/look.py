"""What somebody sees who looks round in a pod of Spark: run in its container, it prints one JSON object, place → text.

Places: the processes' command lines and environments, what the JVM says of itself to jcmd, and every file that was
mounted into the container or written since it started. With the argument `pages` also all of the driver's UI and REST
that can be reached by links.
"""

import glob
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

# /dev has what is no file, /proc and /sys are the kernel's: command lines and environments are read apart.
KERNEL = ("/dev", "/proc", "/sys")
LARGEST = 16 * 1024 * 1024
UI = "http://localhost:4040"
# System properties are a place of their own: Spark copies the driver's conf there.
COMMANDS = {"of the JVM": ["VM.command_line", "VM.flags", "VM.info", "Thread.print"], "properties": ["VM.system_properties"]}
PAGES = 200


def read(path):
    """Bytes as text, each byte a character: a search for ASCII finds what it looks for, in binary files as well."""
    with open(path, "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise RuntimeError(f"{path} is too large to be searched")
    return data.decode("latin-1").replace("\0", "\n")


def processes(name):
    """A file of /proc of all processes but this one, with the processes' names."""
    found = {}
    for path in glob.glob(f"/proc/[0-9]*/{name}"):
        pid = path.split("/")[2]
        if pid == str(os.getpid()):
            continue
        try:
            found[pid] = read(f"/proc/{pid}/comm").strip() + "\n" + read(path)
        except OSError:
            pass  # it ended meanwhile
    return found


def files():
    """Files in mounts, and those of the container's own file system that are younger than it."""
    with open("/proc/self/mounts") as table:
        mounts = [line.split()[1] for line in table]
    roots = [mount for mount in mounts if mount != "/" and not mount.startswith(KERNEL)]
    born = os.stat("/proc/1").st_mtime
    found = {}
    for root in ["/", *roots]:
        if os.path.isfile(root):
            found[root] = read(root)
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if os.path.join(folder, name) not in {*KERNEL, *roots}]
            for path in (os.path.join(folder, name) for name in names):
                try:
                    if os.path.isfile(path) and (root != "/" or os.lstat(path).st_ctime > born - 1):
                        found[path] = read(path)
                except FileNotFoundError:
                    pass  # it was removed meanwhile
    return found


def jcmd(commands):
    [pid] = [pid for pid, text in processes("cmdline").items() if text.startswith("java\n")]
    java = os.environ["JAVA_HOME"] + "/bin/java"
    # The image has a JRE: the tool's module without its command.
    tool = [java, "-Xmx64m", "-XX:TieredStopAtLevel=1", "-m", "jdk.jcmd/sun.tools.jcmd.JCmd", pid, "-f", "/dev/stdin"]
    text = "".join(f"{command}\n" for command in commands)
    return subprocess.run(tool, check=True, capture_output=True, text=True, timeout=60, input=text).stdout


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read().decode("latin-1")
    except urllib.error.HTTPError as error:
        return error.read().decode("latin-1")


def pages():
    """Every page that links lead to from the first one, and the REST API of every kind."""
    api = f"{UI}/api/v1/applications"
    [application] = json.loads(get(api))
    rest = ["environment", "jobs", "stages?details=true", "allexecutors", "executors/driver/threads"]
    rest += ["sql?details=true&planDescription=true&length=1000", "storage/rdd", "allmiscellaneousprocess"]
    waiting = [f"{UI}/jobs/", f"{UI}/metrics/json", api, *(f"{api}/{application['id']}/{name}" for name in rest)]
    found = {}
    while waiting and len(found) < PAGES:
        url = waiting.pop(0)
        if url in found:
            continue
        found[url] = get(url)
        for link in re.findall(r"href=[\"']([^\"'#]+)", found[url]):
            absolute = urllib.parse.urljoin(url, link.replace("&amp;", "&"))
            if absolute.startswith(UI) and not re.search("/static/|/kill|[.]sort=", absolute):
                waiting.append(absolute)
    if waiting and len(found) >= PAGES:
        raise RuntimeError("the UI has more pages than were looked at")
    return {f"page {url.removeprefix(UI).replace(application['id'], 'ID')}": text for url, text in found.items()}


places = {
    "command lines": "\n".join(processes("cmdline").values()),
    "environment variables of processes": "\n".join(processes("environ").values()),
    **{f"jcmd {name}": jcmd(commands) for name, commands in COMMANDS.items()},
    **{f"file {path}": text for path, text in files().items()},
    **(pages() if "pages" in sys.argv else {}),
}
print(json.dumps(places))
