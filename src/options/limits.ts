/** Limits shared by the options and the code that they limit. */

/** Numbers in one request, and its bytes. */
export const NUMBERS_MAX = 131_072;
export const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

/** Lists that answer together: an answer has a bit for each. */
export const LISTS_MAX = 16;

/** The most malformed lines that can be allowed: each is kept to be reported. */
export const BAD_LINES_MAX = 100_000;

/** Bytes of the access file; 4 MiB are some 10,000 clients. */
export const ACCESS_BYTES = { initial: '4MiB', range: { min: 1024, max: 64 * 1024 ** 2 } };

/** Bytes of the text of a list, unpacked. */
export const SOURCE_BYTES = { initial: '8GiB', range: { min: 1, max: 1024 ** 5 } };

/** Threads of a server or a command, which share TACET_WORKERS. */
export const WORKERS_MAX = 256;
