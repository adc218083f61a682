import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  consistencyRanges,
  EMPTY_ROOT,
  GrowingTree,
  hashesOf,
  hashLeaf,
  inclusionRanges,
  rootOf,
  rootOfInclusion,
  type TreeNode,
  verifyConsistency,
} from '#tacet/proof/format/tree.js';

/** RFC 6962, section 2.1, word by word: slow, and with nothing in common with what is tested. */
const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();
const memo = new Map<string, Buffer>();
function slowRoot(leaves: readonly Buffer[], start = 0, end = leaves.length): Buffer {
  if (start === end) return sha256();
  const key = `${start} ${end}`;
  const known = leaves === LEAVES ? memo.get(key) : undefined;
  if (known !== undefined) return known;
  let hash: Buffer;
  if (end - start === 1) hash = sha256(Buffer.of(0), leaves[start] as Buffer);
  else {
    const middle = start + 2 ** Math.ceil(Math.log2(end - start) - 1);
    const halves = [slowRoot(leaves, start, middle), slowRoot(leaves, middle, end)];
    hash = sha256(Buffer.of(1), ...halves);
  }
  if (leaves === LEAVES) memo.set(key, hash);
  return hash;
}
function slowPath(index: number, start: number, end: number): Buffer[] {
  if (end - start === 1) return [];
  const middle = start + 2 ** Math.ceil(Math.log2(end - start) - 1);
  if (index < middle) return [...slowPath(index, start, middle), slowRoot(LEAVES, middle, end)];
  return [...slowPath(index, middle, end), slowRoot(LEAVES, start, middle)];
}
function slowProof(oldSize: number, start: number, end: number, whole: boolean): Buffer[] {
  if (oldSize === end) return whole ? [] : [slowRoot(LEAVES, start, end)];
  const middle = start + 2 ** Math.ceil(Math.log2(end - start) - 1);
  if (oldSize <= middle) {
    return [...slowProof(oldSize, start, middle, whole), slowRoot(LEAVES, middle, end)];
  }
  return [...slowProof(oldSize, middle, end, false), slowRoot(LEAVES, start, middle)];
}

const SIZE_MAX = 256;
const LEAVES = Array.from({ length: SIZE_MAX }, (_, i) => Buffer.from(`leaf ${i}`));

/** The nodes of a tree as it grew. */
const nodes = new Map<string, Buffer>();
const grown = new GrowingTree();
const roots = [grown.root()];
for (const [index, leaf] of LEAVES.entries()) {
  for (const [level, hash] of grown.add(hashLeaf(leaf)).entries()) {
    nodes.set(`${level} ${Math.floor(index / 2 ** level)}`, hash);
  }
  roots.push(grown.root());
}
const read = ({ level, number }: TreeNode): Buffer => nodes.get(`${level} ${number}`) as Buffer;

describe('a tree', () => {
  it('has the roots of the published test vectors', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
    const leaves = [...inputs, '606162636465666768696a6b6c6d6e6f'];
    const tree = new GrowingTree();
    const published = leaves.map((leaf) => {
      tree.add(hashLeaf(Buffer.from(leaf, 'hex')));
      return tree.root().toString('hex');
    });
    expect(published).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]);
    expect(EMPTY_ROOT.toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('of every size to 256 has the root of RFC 6962, grown or from its nodes', () => {
    for (let size = 0; size <= SIZE_MAX; size++) {
      const root = slowRoot(LEAVES, 0, size);
      expect(roots[size]?.equals(root) && rootOf(size, read).equals(root), `${size}`).toBe(true);
      expect(GrowingTree.of(size, read).root().equals(root), `${size}`).toBe(true);
    }
  });

  it('goes on from its nodes as if it had never stopped', () => {
    for (let size = 0; size < SIZE_MAX; size++) {
      const tree = GrowingTree.of(size, read);
      tree.add(hashLeaf(LEAVES[size] as Buffer));
      expect(tree.root().equals(roots[size + 1] as Buffer), `${size}`).toBe(true);
    }
  });
});

describe('inclusion', () => {
  it('is proved for every leaf of every size to 256, as RFC 6962 does', () => {
    for (let size = 1; size <= SIZE_MAX; size++) {
      for (let index = 0; index < size; index++) {
        const path = hashesOf(inclusionRanges(index, size), read);
        const slow = slowPath(index, 0, size);
        const same = path.length === slow.length && path.every((h, i) => h.equals(slow[i] ?? h));
        const leafHash = hashLeaf(LEAVES[index] as Buffer);
        const root = rootOfInclusion({ leafHash, index, path }, size);
        if (!same || !root.equals(roots[size] as Buffer)) expect.fail(`${index} of ${size}`);
      }
    }
  });

  it('is not proved at another index, in another size, or by a longer or shorter path', () => {
    for (const [index, size] of [
      [0, 1],
      [3, 7],
      [6, 7],
      [5, 8],
      [255, 256],
    ] as const) {
      const path = hashesOf(inclusionRanges(index, size), read);
      const leafHash = hashLeaf(LEAVES[index] as Buffer);
      const proves = (changed: object, at: number = size): boolean => {
        try {
          const root = rootOfInclusion({ leafHash, index, path, ...changed }, at);
          return root.equals(roots[at] as Buffer);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_PROOF' });
          return false;
        }
      };
      expect(proves({})).toBe(true);
      for (let other = 0; other <= SIZE_MAX; other++) {
        if (other !== index) expect(proves({ index: other }), `${index}: ${other}`).toBe(false);
        if (other !== size) expect(proves({}, other), `${size}: ${other}`).toBe(false);
      }
      expect(proves({ path: [...path, EMPTY_ROOT] })).toBe(false);
      if (path.length > 0) expect(proves({ path: path.slice(1) })).toBe(false);
    }
  });
});

describe('consistency', () => {
  const headsOf = (oldSize: number, size: number) => ({
    oldSize,
    oldRoot: roots[oldSize] as Buffer,
    size,
    root: roots[size] as Buffer,
  });

  it('is proved between every two sizes to 256, as RFC 6962 does', () => {
    for (let size = 1; size <= SIZE_MAX; size++) {
      for (let oldSize = 1; oldSize <= size; oldSize++) {
        const path = hashesOf(consistencyRanges(oldSize, size), read);
        const slow = slowProof(oldSize, 0, size, true);
        const same = path.length === slow.length && path.every((h, i) => h.equals(slow[i] ?? h));
        if (!same) expect.fail(`${oldSize} of ${size}`);
        verifyConsistency(headsOf(oldSize, size), path);
      }
    }
    verifyConsistency(headsOf(0, 9), []);
  });

  it('is not proved of another root, in another direction, or by another path', () => {
    for (let size = 2; size <= 24; size++) {
      for (let oldSize = 1; oldSize < size; oldSize++) {
        const path = hashesOf(consistencyRanges(oldSize, size), read);
        const heads = headsOf(oldSize, size);
        const wrong = [
          () => verifyConsistency({ ...heads, oldRoot: EMPTY_ROOT }, path),
          () => verifyConsistency({ ...heads, root: EMPTY_ROOT }, path),
          () => verifyConsistency(headsOf(size, oldSize), path),
          () => verifyConsistency(heads, [...path, EMPTY_ROOT]),
          () => verifyConsistency(heads, path.slice(1)),
          ...path.map((_, i) => () => verifyConsistency(heads, path.with(i, EMPTY_ROOT))),
        ];
        for (const attempt of wrong) {
          expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_PROOF' }));
        }
      }
    }
    const empty = { ...headsOf(0, 9), oldRoot: roots[1] as Buffer };
    expect(() => verifyConsistency(empty, [])).toThrow('not of the same log');
  });
});
