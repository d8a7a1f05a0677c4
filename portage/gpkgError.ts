/** A file is not a sound gpkg; the message is the reason, for people. */
export class GpkgError extends Error {
  override readonly name = "GpkgError";
}
