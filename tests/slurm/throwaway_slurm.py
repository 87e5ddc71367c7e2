"""A real Slurm of several nodes on one machine, for tests; gone when they end.

Three slurmd, slurmctld, slurmdbd with its database and munge, all on the loopback
address and all in one folder. GPUs are device files that nothing computes on. Debian's
packages are needed (`install.sh`), and root, as slurmd and munge want.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from waiting import until

PROGRAMS = ("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd", "sacctmgr")
NODES, CORES, MEMORY, GPUS = 3, 4, 32_000, 2  # of each node; memory is only counted
CPU, GPU = "loom_cpu", "loom_gpu"  # accounts; the first may have no GPU
PLACE = Path("/etc/slurm")  # where srun looks, whose environment the jobs have lost
FILES = ("slurm", "gres", "cgroup", "slurmdbd")
PREFIX = "loom"  # of the folder that a Slurm lies in

SLURM = """
ClusterName=loom
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={base}/munge/socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
StateSaveLocation={base}/state
SlurmdSpoolDir={base}/spool/%n
SlurmctldPidFile={base}/pid/slurmctld
SlurmdPidFile={base}/pid/%n
SlurmctldLogFile={base}/log/slurmctld.log
SlurmdLogFile={base}/log/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=15
SlurmctldTimeout=30
KillWait=3
MinJobAge=300
InactiveLimit=0
JobRequeue=0
EnforcePartLimits=ALL
GresTypes=gpu
DefMemPerCPU=500
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={base}/munge/socket
AccountingStorageTRES=gres/gpu
AccountingStorageEnforce=associations,limits
AccountingStoreFlags=job_comment
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
{nodes}
PartitionName=main Nodes=node[1-{last}] Default=YES MaxTime=1440 State=UP
"""
NODE = (
    "NodeName=node{i} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
    f"CPUs={CORES} RealMemory={MEMORY} {{gres}}State=UNKNOWN"
)
CGROUP = """
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
ConstrainCores=no
ConstrainRAMSpace=no
ConstrainSwapSpace=no
ConstrainDevices=no
"""
SLURMDBD = """
AuthType=auth/munge
AuthInfo=socket={base}/munge/socket
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={dbd}
CommunicationParameters=NoInAddrAny
SlurmUser=root
LogFile={base}/log/slurmdbd.log
PidFile={base}/pid/slurmdbd
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={sql}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
"""
GRANTS = (
    "create database if not exists slurm_acct_db; "
    "create user if not exists slurm@'127.0.0.1' identified by 'slurm'; "
    "create user if not exists slurm@localhost identified by 'slurm'; "
    "grant all on slurm_acct_db.* to slurm@'127.0.0.1'; "
    "grant all on slurm_acct_db.* to slurm@localhost;"
)


def lacking() -> str | None:
    """Say why no Slurm can be started here; None if one can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"no {', '.join(absent)} here: run tests/slurm/install.sh as root"
    if os.geteuid():
        return "slurmd and munge want root"
    if not Path("/sys/fs/cgroup").exists():
        return "slurmd wants /sys/fs/cgroup"
    for name in FILES:
        place = PLACE / f"{name}.conf"
        if os.path.lexists(place) and not _left_over(place):
            return f"{place} exists: another Slurm is set up on this machine"
    return None


def _left_over(link: Path) -> bool:
    """Whether a file was set up by tests that were killed before they took it away."""
    if not link.is_symlink():
        return False
    base = link.readlink().parent.parent
    tests = base / "pid" / "tests"
    ours = base.parent == Path(tempfile.gettempdir()) and base.name.startswith(PREFIX)
    return ours and not (tests.exists() and alive(int(tests.read_text())))


class ThrowawaySlurm:
    """The cluster; `up` starts it, `down` ends all of it.

    Parameters
    ----------
    base : Path
        An empty folder with a short path (sockets lie in it), for all that it writes.
    """

    def __init__(self, base: Path):
        self.base = Path(base)
        self.host = socket.gethostname().split(".")[0]
        ports = free_ports(NODES + 3)
        self.ports = dict(zip(("ctld", "dbd", "sql"), ports, strict=False))
        self.node_ports = ports[3:]
        self._database: subprocess.Popen | None = None

    def up(self) -> None:
        """Start all daemons and wait until all nodes are idle."""
        for name in ("etc", "log", "pid", "munge", "state", "dev"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        self.base.chmod(0o755)
        (self.base / "pid" / "tests").write_text(str(os.getpid()))
        self._write_files()
        self._start_munge()
        self._start_database()
        self.start("slurmdbd")
        until(lambda: self._says("sacctmgr -n list cluster") is not None)
        for line in (
            "add cluster loom",
            f"add account {CPU},{GPU} Cluster=loom Description=x Organization=x",
            f"add user root Account={CPU},{GPU} DefaultAccount={CPU}",
        ):
            run(f"sacctmgr -i {line}")
        self.start("slurmctld")
        until(lambda: "UP" in (self._says("scontrol ping") or ""))
        # GPUs are known to the accounting once slurmctld has named them.
        run(f"sacctmgr -i modify account where name={CPU} set GrpTRES=gres/gpu=0")
        for i in range(1, NODES + 1):
            self.start(f"node{i}")
        until(lambda: (self._says("sinfo -hN -t idle -o %N") or "").count("node") == 3)

    def start(self, daemon: str) -> None:
        """Start ``slurmctld``, ``slurmdbd`` or a node, ``node1`` to ``node3``."""
        node = daemon.startswith("node")
        run(f"slurmd -N {daemon}" if node else daemon)

    def kill(self, daemon: str) -> None:
        """End a daemon at once; its jobs' processes live on."""
        pid = int((self.base / "pid" / daemon).read_text())
        os.kill(pid, signal.SIGKILL)
        until(lambda: not alive(pid))

    def lose(self, node: str) -> None:
        """Let a node go dark: its daemon and the processes of all its jobs end."""
        numbers = (self._says(f"squeue -hw {node} -o %A") or "").split()
        self.kill(node)
        marks = {f"SLURM_JOB_ID={number}".encode() for number in numbers}
        steps = tuple(f"slurmstepd: [{number}." for number in numbers)
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                inside = not marks.isdisjoint(
                    (place / "environ").read_bytes().split(b"\0")
                )
                if inside or (place / "cmdline").read_text().startswith(steps):
                    os.kill(int(place.name), signal.SIGKILL)

    def down(self) -> None:
        """End all jobs and daemons, and take the files off their place."""
        self._says("scancel --user=root")
        names = [*(f"node{i}" for i in range(1, NODES + 1)), "slurmctld", "slurmdbd"]
        for name in (*names, "mysql", "munge"):
            place = self.base / "pid" / name
            pid = int(place.read_text()) if place.exists() else 0
            if pid and alive(pid):
                os.kill(pid, signal.SIGTERM)
                until(lambda pid=pid: not alive(pid))
        if self._database:
            self._database.wait()
        for name in FILES:
            link = PLACE / f"{name}.conf"
            if link.is_symlink() and link.readlink().parent == self.base / "etc":
                link.unlink()

    def logs(self) -> str:
        """Return the last lines of the daemons' logs."""
        files = sorted((self.base / "log").glob("*.log"))
        last = (f"{one.name}: {one.read_text()[-200:]}" for one in files)
        return " ".join(" ".join(last).split())

    def _write_files(self) -> None:
        words = {**self.ports, "base": self.base, "host": self.host, "last": NODES}
        devices = [self.base / "dev" / f"gpu{i}" for i in range(GPUS)]
        for device in devices:
            run(f"mknod {device} c 1 3")
        lines = []
        for i, port in enumerate(self.node_ports, start=1):
            (self.base / "spool" / f"node{i}").mkdir(parents=True)
            gres = f"Gres=gpu:fake:{GPUS} " if i < NODES else ""
            lines.append(NODE.format(i=i, host=self.host, port=port, gres=gres))
        gres = f"Type=fake File={self.base}/dev/gpu[0-{GPUS - 1}]"
        texts = {
            "slurm": SLURM.format(**words, nodes="\n".join(lines)),
            "gres": f"NodeName=node[1-{NODES - 1}] Name=gpu {gres}\n",
            "cgroup": CGROUP,
            "slurmdbd": SLURMDBD.format(**words),
        }
        PLACE.mkdir(exist_ok=True)
        for name, text in texts.items():
            place = self.base / "etc" / f"{name}.conf"
            place.write_text(text)
            place.chmod(0o600 if name == "slurmdbd" else 0o644)
            (PLACE / place.name).unlink(missing_ok=True)  # of tests that were killed
            (PLACE / place.name).symlink_to(place)

    def _start_munge(self) -> None:
        folder = self.base / "munge"
        (folder / "key").write_bytes(os.urandom(128))
        (folder / "key").chmod(0o600)
        files = f"--pid-file={self.base}/pid/munge --log-file={folder}/log"
        seed = f"--key-file={folder}/key --seed-file={folder}/seed"
        run(f"munged --force --socket={folder}/socket {files} {seed} --num-threads=4")
        until(lambda: self._says(f"munge -S {folder}/socket -n") is not None)

    def _start_database(self) -> None:
        place, log = self.base / "mysql", self.base / "log" / "mysql.log"
        how = "--user=root --auth-root-authentication-method=socket --skip-test-db"
        run(f"mysql_install_db --no-defaults --datadir={place} {how}")
        sizes = "--innodb-buffer-pool-size=128M --innodb-log-file-size=64M"
        address = f"--bind-address=127.0.0.1 --port={self.ports['sql']}"
        files = f"--socket={self.base}/sql --pid-file={self.base}/pid/mysql"
        server = f"mariadbd --no-defaults --datadir={place} --user=root"
        with log.open("w") as stream:
            self._database = subprocess.Popen(
                f"{server} {address} {files} {sizes}".split(),
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        client = f"--no-defaults -S {self.base}/sql"
        until(lambda: self._says(f"mariadb-admin {client} ping") is not None)
        subprocess.run(["mariadb", *client.split(), "-e", GRANTS], check=True)

    def _says(self, command: str) -> str | None:
        """Return what a command prints; None if it fails."""
        done = subprocess.run(
            command.split(), capture_output=True, text=True, check=False
        )
        return None if done.returncode else done.stdout


def run(command: str) -> None:
    """Run a command; its output is told if it fails."""
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
