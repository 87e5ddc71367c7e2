#!/bin/sh
# Debian's packages of the throw-away Slurm of these tests; as root. No daemon is started.
set -eu
programs="slurmctld slurmd slurmdbd munged mariadbd flock"
for program in $programs; do
    command -v "$program" >/dev/null || missing=1
done
[ -n "${missing:-}" ] || exit 0
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get update -qq
apt-get install -qq -y --no-install-recommends \
    slurmctld slurmd slurm-client slurmdbd munge mariadb-server util-linux >/dev/null
# Where services are started at their install, these would hold Slurm's ports.
for service in slurmctld slurmd slurmdbd munge mariadb; do
    service "$service" stop >/dev/null 2>&1 || true
done
