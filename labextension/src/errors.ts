/** A refused call; `code` is the backend's own, or one that only this side can tell. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly fix = ''
  ) {
    super(message);
  }

  static readonly EXTENSION_MISSING = 'extension-missing';
  static readonly JUPYTER_UNREACHABLE = 'jupyter-unreachable';
  static readonly VERSION_SKEW = 'version-skew';
}
