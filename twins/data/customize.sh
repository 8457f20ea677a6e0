#!/bin/sh
# Last step of building a twin's root filesystem. mmdebstrap gives its folder as $1; then come the
# packages that a board may install later.
set -eu
root=$1
shift

# A twin reaches no mirror. What a board is to install later waits in a repository of its own,
# so that `apt-get install` is real, offline.
chroot "$root" apt-get install --yes --download-only --no-install-recommends "$@"
mkdir -p "$root/opt/apt"
mv "$root"/var/cache/apt/archives/*.deb "$root/opt/apt/"
(cd "$root/opt/apt" && apt-ftparchive packages . >Packages)
rm -rf "$root"/var/lib/apt/lists/* "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/apt.conf.d/99mmdebstrap
echo 'deb [trusted=yes] file:/opt/apt ./' >"$root/etc/apt/sources.list"
chroot "$root" apt-get update

# The user that a flashed board has: sudo without a password, entry by key only.
chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash --groups sudo nvidia
chroot "$root" passwd --lock root
install -m 0440 /dev/stdin "$root/etc/sudoers.d/nvidia" <<'END'
nvidia ALL=(ALL) NOPASSWD: ALL
END
install -m 0644 /dev/stdin "$root/etc/ssh/sshd_config.d/twin.conf" <<'END'
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
END
# Each twin brings keys of its own.
rm -f "$root"/etc/ssh/ssh_host_*

# What would act on the workstation's kernel or clock, wait for hardware that a container has not,
# or only cost time at boot.
for unit in systemd-sysctl.service systemd-modules-load.service systemd-timesyncd.service \
    systemd-networkd-wait-online.service systemd-resolved.service systemd-random-seed.service \
    systemd-firstboot.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
    sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    sys-fs-fuse-connections.mount dev-hugepages.mount proc-sys-fs-binfmt_misc.automount \
    console-getty.service container-getty@.service getty.target systemd-logind.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
    man-db.timer e2scrub_reap.service systemd-tmpfiles-clean.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
for unit in systemd-networkd.service ssh.service docker.service; do
    chroot "$root" systemctl enable "$unit"
done
# pam_systemd asks logind for a session at each login, and waits if logind does not run.
sed -i '/pam_systemd\.so/d' "$root/etc/pam.d/common-session"

: >"$root/etc/machine-id"
rm -rf "$root"/var/cache/apt/*.bin "$root"/usr/share/man "$root"/usr/share/locale
