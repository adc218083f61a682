/** What a run may say about itself; echoed in its summary, never interpreted. */

/** A job id that the wire takes: 1 to 64 of these. */
export const JOB_ID = /^[A-Za-z0-9._-]{1,64}$/;
export const JOB_ID_RULE = '1 to 64 of A-Z a-z 0-9 . _ -';

/** The longest advertiser, in bytes of UTF-8. */
export const ADVERTISER_BYTES_MAX = 256;
