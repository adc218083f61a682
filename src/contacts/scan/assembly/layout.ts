/**
 * Where the scanner reads its parameters and writes its results. The other side is in
 * `block-memory.ts` and `block-module.ts` in `src/contacts/scan/`. The constants are offsets of
 * fields, which are i32 unless stated otherwise.
 */

export const QUOTE: u8 = 0x22;
export const LF: u8 = 0x0a;
export const CR: u8 = 0x0d;
export const SPACE: u8 = 0x20;

/** Absent: no address is 0. */
export const NONE: usize = 0;

// How the file is written.
export const SEPARATOR: usize = 0;
export const LINE_END: usize = 4;
/** Cells of the header, including those without a name at its end. */
export const COLUMNS: usize = 8;
export const ROW_BYTES_MAX: usize = 12;
/** Address of the roles, one byte per column. Columns after these are BEYOND. */
export const ROLES: usize = 16;
export const ROLE_COUNT: usize = 20;
/** How many columns may hold a candidate. */
export const LOOKED_AT: usize = 24;
/** Address of 256 bytes: nonzero for each byte that a phone number may begin with. */
export const FIRST_BYTES: usize = 28;

// Roles: 0 = the cells do not matter; 1 to 239 = the cells go to slot 0 to 238.
export const ROLE_LOOKED_AT: i32 = 240;
export const ROLE_BEYOND: i32 = 255;

// Where a thread writes: addresses.
/** For each row of the block, i32 each: where it begins, where its content ends, where it ends. */
export const PLACE_STARTS: usize = 0;
export const PLACE_CONTENT_ENDS: usize = 4;
export const PLACE_ENDS: usize = 8;
/** Number of missing cells in each row; complemented (`~`) if its last quote is open. */
export const PLACE_PADS: usize = 12;
/** For each row of this scan, one byte: what makes its structure doubtful. */
export const PLACE_DOUBTS: usize = 16;
/** For each slot, the starts and then the ends of its cells, `rowsMax` i32 each. */
export const PLACE_CELLS: usize = 20;
export const PLACE_ROWS_MAX: usize = 24;
export const PLACE_SLOTS: usize = 28;
export const PLACE_CANDIDATES: usize = 32;
export const PLACE_CANDIDATES_MAX: usize = 36;

/** Indexes of rows with a doubt, i32 each, ascending. */
export const PLACE_DOUBTFUL: usize = 40;

// A candidate: a cell in a column that is looked at and that may be a phone number.
export const CANDIDATE_SHIFT: usize = 4;
export const CANDIDATE_ROW: usize = 0;
export const CANDIDATE_COLUMN: usize = 4;
export const CANDIDATE_START: usize = 8;
export const CANDIDATE_END: usize = 12;

// What a scan reports.
export const RESULT_ROWS: usize = 0;
export const RESULT_PROBLEM: usize = 4;
/** Rows with a doubt. */
export const RESULT_DOUBTFUL: usize = 8;
/** Rows whose number of cells differs from the header's. */
export const RESULT_UNEVEN: usize = 12;
export const RESULT_CANDIDATES: usize = 16;
/** Missing cells in all rows together. */
export const RESULT_PADS: usize = 20;
/** Line ends inside quoted cells. */
export const RESULT_QUOTED_LINES: usize = 24;

// What makes a row doubtful, one bit each.
export const TEXT_BEHIND_QUOTE: i32 = 1;
export const OPEN_QUOTE: i32 = 2;
export const LONE_LINE_END: i32 = 4;
export const MORE_CELLS: i32 = 8;
export const NUL: i32 = 16;
/** A quoted cell has a line end or a NUL in it and must be looked into. */
export const LOOK_INTO: i32 = 32;

/** Shorter cells cannot hold a phone number. */
export const NUMBER_BYTES_MIN: usize = 8;
