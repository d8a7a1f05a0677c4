/** What a known giant takes. Core-seconds, seconds on one core, jobs that help; MiB in all, and for each job. */
export type Giant = readonly [work: number, serial: number, width: number, memory: number, memoryPerJob: number];

/**
 * Packages known to cost far more than their category and size tell, for a swarm that has not built them yet. Times: the
 * magnitudes of published builds, as in the graphs of this project (one core-second is that of a common desktop core of
 * 2022). Memory: what their ebuilds demand before they start, else by language and what their links need.
 */
const TABLE: readonly (readonly [names: string, ...giant: Giant])[] = [
  ["www-client/chromium www-client/ungoogled-chromium", 120_000, 320, 256, 4096, 1280],
  ["dev-qt/qtwebengine", 33_000, 60, 128, 3072, 1152],
  ["sys-cluster/ceph", 36_000, 120, 128, 3072, 1536],
  ["app-office/libreoffice", 25_000, 40, 128, 2048, 640],
  ["dev-db/mongodb", 22_000, 90, 96, 2048, 1280],
  ["net-libs/webkit-gtk", 17_000, 45, 128, 2048, 1280],
  ["sci-physics/root", 16_000, 130, 96, 2048, 1024],
  ["sci-visualization/paraview", 16_000, 95, 96, 1024, 768],
  ["sci-libs/tensorflow sci-ml/tensorflow", 40_000, 200, 128, 4096, 1280],
  ["sci-libs/pytorch sci-libs/caffe2 sci-ml/caffe2", 25_000, 120, 128, 4096, 1536],
  ["media-gfx/freecad", 12_000, 65, 96, 1024, 1024],
  ["sci-geosciences/qgis", 12_000, 65, 96, 1024, 768],
  ["sys-devel/gcc sys-devel/gcc-multilib", 11_500, 430, 20, 1024, 512],
  ["www-client/firefox www-client/librewolf www-client/icecat", 9800, 90, 128, 3072, 1024],
  ["mail-client/thunderbird", 9000, 95, 128, 3072, 1024],
  ["www-client/seamonkey", 4600, 65, 128, 2048, 768],
  ["dev-lang/rust", 9500, 430, 24, 4096, 640],
  ["dev-lang/ghc", 9000, 510, 8, 2048, 1024],
  ["sci-electronics/kicad", 9000, 80, 64, 1024, 1024],
  ["dev-qt/qtwebkit", 9000, 75, 96, 1536, 768],
  ["app-office/calligra", 9000, 50, 96, 1024, 640],
  ["media-gfx/blender", 9000, 65, 96, 1536, 1024],
  ["sci-libs/vtk", 9000, 65, 96, 1024, 640],
  ["net-libs/nodejs", 7700, 50, 128, 1536, 768],
  ["sys-devel/llvm llvm-core/llvm", 7200, 70, 192, 3072, 768],
  ["sys-devel/clang llvm-core/clang", 5200, 70, 160, 2048, 896],
  ["sys-devel/mlir llvm-core/mlir", 4500, 60, 128, 2048, 896],
  ["llvm-core/flang", 6000, 60, 96, 3072, 2560],
  [
    "app-emulation/wine app-emulation/wine-vanilla app-emulation/wine-staging app-emulation/wine-proton",
    7000,
    130,
    64,
    768,
    256,
  ],
  ["media-gfx/krita", 6500, 50, 96, 1024, 768],
  ["media-gfx/digikam", 5500, 45, 96, 1024, 640],
  ["dev-java/openjdk", 5500, 180, 24, 2560, 512],
  ["games-strategy/0ad", 4200, 65, 64, 1024, 640],
  ["dev-util/kdevelop", 4200, 45, 64, 1024, 640],
  ["sci-mathematics/octave", 4000, 155, 48, 768, 512],
  ["dev-db/mysql", 3600, 25, 128, 1024, 512],
  ["dev-db/mariadb", 3600, 30, 128, 1024, 512],
  ["app-emulation/virtualbox", 3500, 130, 32, 768, 384],
  ["app-emulation/qemu", 2200, 60, 96, 512, 320],
  ["dev-lang/mono", 2600, 205, 16, 768, 384],
  ["dev-lang/spidermonkey", 2000, 75, 82, 1536, 768],
  ["dev-qt/qtbase", 2600, 60, 128, 768, 512],
  ["dev-qt/qtdeclarative", 2600, 45, 64, 768, 640],
  ["dev-qt/qtgui", 1300, 95, 48, 512, 384],
  ["dev-qt/qtwidgets", 900, 65, 48, 512, 384],
  ["dev-qt/qtcore", 760, 95, 32, 512, 384],
  ["media-libs/opencv", 2500, 30, 128, 1024, 640],
  ["dev-games/ogre", 1800, 30, 48, 768, 512],
  ["media-gfx/inkscape", 1800, 25, 128, 768, 640],
  ["dev-lang/R", 1600, 125, 24, 512, 256],
  ["kde-apps/kdenlive", 1500, 35, 48, 768, 512],
  ["kde-plasma/kwin", 1400, 30, 48, 768, 512],
  ["kde-plasma/plasma-workspace", 1100, 30, 48, 768, 512],
  ["media-libs/mesa", 1400, 20, 128, 768, 512],
  ["dev-libs/boost", 900, 70, 48, 1024, 768],
  ["sys-libs/glibc", 600, 75, 16, 384, 128],
  ["dev-lang/go", 500, 45, 16, 1024, 256],
  // Kernels that are built; sources alone cost what their category says.
  ["sys-kernel/gentoo-kernel sys-kernel/vanilla-kernel", 3500, 120, 128, 1024, 192],
];

/**
 * GiB of a disk, of packages whose sources do not tell. What their ebuilds demand before they start (CHECKREQS_DISK_BUILD,
 * without debugging information), rounded up; of those that demand nothing what their sources and objects take.
 */
const DISK_TABLE: readonly (readonly [gib: number, names: string])[] = [
  [16, "sys-cluster/ceph"],
  [14, "www-client/chromium www-client/ungoogled-chromium"],
  [12, "dev-lang/rust sci-libs/pytorch sci-libs/caffe2 sci-ml/caffe2"],
  [10, "sci-libs/tensorflow sci-ml/tensorflow"],
  [8, "dev-qt/qtwebengine www-client/firefox www-client/librewolf www-client/icecat mail-client/thunderbird"],
  [6, "app-office/libreoffice net-libs/webkit-gtk sys-devel/gcc sys-devel/gcc-multilib sci-physics/root"],
  [4, "sys-devel/llvm llvm-core/llvm sys-devel/clang llvm-core/clang sys-devel/mlir llvm-core/mlir llvm-core/flang"],
  [4, "dev-lang/ghc dev-java/openjdk dev-lang/spidermonkey net-libs/nodejs dev-db/mongodb dev-qt/qtwebkit"],
  [4, "sys-kernel/gentoo-kernel sys-kernel/vanilla-kernel"],
];

/** GiB of a disk by category/name. */
export const DISK_GIANTS: ReadonlyMap<string, number> = new Map(
  DISK_TABLE.flatMap(([gib, names]) => names.split(" ").map((name): [string, number] => [name, gib])),
);

/** By category/name. */
export const GIANTS: ReadonlyMap<string, Giant> = new Map(
  TABLE.flatMap(([names, ...giant]) => names.split(" ").map((name): [string, Giant] => [name, giant])),
);
