/**
 * Reads a file out of an archive of npm.
 *
 * Spec: POSIX.1-2017, pax, "ustar Interchange Format".
 *
 * @module
 */

const BLOCK_SIZE = 512;
const NAME = { offset: 0, size: 100 };
const FILE_SIZE = { offset: 124, size: 12 };

/**
 * @param archive Not compressed, with file names of at most 100 bytes.
 * @returns `undefined` if there is no such file.
 */
export function readTarFile(archive: Uint8Array, path: string): Uint8Array | undefined {
  for (let offset = 0; offset + BLOCK_SIZE <= archive.length; ) {
    const header = archive.subarray(offset, offset + BLOCK_SIZE);
    const size = Number.parseInt(readField(header, FILE_SIZE), 8) || 0;
    const start = offset + BLOCK_SIZE;
    if (readField(header, NAME) === path) return archive.subarray(start, start + size);
    offset = start + Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE;
  }
  return undefined;
}

function readField(header: Uint8Array, field: { offset: number; size: number }): string {
  const bytes = header.subarray(field.offset, field.offset + field.size);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trim();
}
