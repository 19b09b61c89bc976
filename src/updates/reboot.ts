/**
 * Packages that take effect only with a reboot. Source: what `dnf needs-restarting` goes by, with the names that Oracle's kernels
 * and newer releases have.
 */
const names =
  /^(?:kernel(?:-uek|-rt|-64k|-lt|-ml)?(?:-core|-modules|-modules-core)?|kernel-PAE|glibc|linux-firmware|microcode_ctl|systemd|udev|dbus|dbus-daemon|dbus-broker|openssl-libs|gnutls)$/;

export const needsReboot = (name: string): boolean => names.test(name);

/** The packages of which the running kernel is one: `kernel` names its version, release and architecture. */
export const isKernel = (name: string): boolean =>
  /^kernel(?:-uek|-rt|-64k|-lt|-ml|-PAE)?(?:-core)?$/.test(name);
