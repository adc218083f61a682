/** Where things are in the kernel's memory; `src/engine/kernel-memory.ts` writes them there. */

/** Keys that go through the phases together. Scratch of the caller: 12 bytes each. */
export const BLOCK_KEYS: usize = 1024;

// Places in the scratch: of u32 each, behind BLOCK_KEYS of u32, or of u64.
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

// An entry of the page table: 0 = no key there, else 1 + slot; above it the class of the page.
export const PAGE_SLOT_MASK: u32 = 0x0fff_ffff;
export const PAGE_CLASS_SHIFT: u32 = 28;
