/** The layout of the kernel's memory, which `src/engine/kernel-memory.ts` fills. */

/** Keys that go through the phases together. The caller provides 12 bytes of scratch for each. */
export const BLOCK_KEYS: usize = 1024;

// Places in the scratch: u32 each, after BLOCK_KEYS u32 or u64 values.
export const ENDS: usize = BLOCK_KEYS << 2;
export const PLACES: usize = BLOCK_KEYS << 3;

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

// A page table entry: 0 = no key there, else 1 + slot; the bits above hold the page's class.
export const PAGE_SLOT_MASK: u32 = 0x0fff_ffff;
export const PAGE_CLASS_SHIFT: u32 = 28;
