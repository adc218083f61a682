/** The layout of the kernel's memory, which `src/engine/kernel-memory.ts` fills. */

/** Keys that go through the phases together. The caller provides 20 bytes of scratch for each. */
export const BLOCK_KEYS: usize = 1024;

// Parts of the scratch, after BLOCK_KEYS u32 values: u32 each, or the two of bytes.
export const ENDS: usize = BLOCK_KEYS << 2;
export const LOWS: usize = BLOCK_KEYS << 2;
export const GOT: usize = LOWS + BLOCK_KEYS;
export const PLACES: usize = BLOCK_KEYS << 3;
/** Of several lists alone: two u32 for each key. */
export const ROWS: usize = PLACES + (BLOCK_KEYS << 2);

// Fields of the list descriptor, u32 each.
export const PAGES: usize = 0;
export const PAGE_COUNT: usize = 4;
export const STARTS: usize = 8;
export const LOW_BYTES: usize = 12;
export const DAYS: usize = 16;
export const TAIL: usize = 20;
export const TAIL_COUNT: usize = 24;
export const COVERED_COUNT: usize = 28;
export const EIGHT_DIGITS_CLASS: usize = 32;
export const FOREIGN_CLASS: usize = 36;
export const RECORDS: usize = 40;
export const MASKS: usize = 44;
/** The descriptor of the next list; 0 = there is none. */
export const NEXT: usize = 48;

/** The bits of a page table entry that hold the page's class; the index decides on the others. */
export const ENTRY_CLASS: u32 = 15;
