import type { DemoState } from "./material.ts";

/** What each update of the demo must build: exactly this, each once. Sorted. */
export const EXPECTED_BUILDS: Record<DemoState, readonly string[]> = {
  /** All that the target's world needs, programs that are needed to build only included. */
  first: [
    "app-misc/drawer-report-1.0",
    "app-misc/drawerctl-2.1",
    "app-misc/fieldnotes-1.2",
    "app-misc/sealcheck-0.9",
    "app-misc/skywatch-1.0",
    "app-text/linewrap-1.0",
    "app-text/outline-1.0",
    "dev-libs/libcrumb-1.3",
    "dev-libs/libdial-1.0",
    "dev-libs/libdrawer-2.1",
    "dev-libs/libgrid-1.0",
    "dev-libs/libkeyval-1.1",
    "dev-libs/libsift-1.0",
    "dev-libs/libstrand-1.4",
    "dev-libs/ringbuf-1.1",
    "dev-util/embedtext-1.2",
    "dev-util/tablegen-1.0",
    "sys-apps/desk-1.0",
    "sys-apps/housekeep-1.2",
  ],
  /**
   * sealcheck: a new version. drawerctl: USE=json. libgrid: a new version with a new sub-slot; fieldnotes, skywatch and
   * libdrawer link to it. libsift and drawerctl link to libdrawer, whose own sub-slot stays.
   */
  next: [
    "app-misc/drawerctl-2.1",
    "app-misc/fieldnotes-1.2",
    "app-misc/sealcheck-1.0",
    "app-misc/skywatch-1.0",
    "dev-libs/libdrawer-2.1",
    "dev-libs/libgrid-1.1",
  ],
};

/** Needed only to build others: a client that installs binaries does without. */
export const BUILD_ONLY: readonly string[] = [
  "dev-libs/ringbuf-1.1",
  "dev-util/embedtext-1.2",
  "dev-util/tablegen-1.0",
];

/** What the demo's client has before its first update, compiled on the client itself. Sorted. */
export const OLDER_PACKAGES: readonly string[] = [
  "app-misc/fieldnotes-1.1",
  "app-text/linewrap-0.9",
  "dev-libs/libstrand-1.3",
];
