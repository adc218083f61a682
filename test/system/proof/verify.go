// Verifies what Tacet proves with Go's own libraries for signed notes and transparency logs.
//
//	verify receipt KEY FILE...   receipts
//	verify opening KEY FILE...   openings of rows, with the receipt in each
//	verify consistency FILE...   old size, old root, size, root and the hashes, one a line, base64
//	verify tiles KEY DIR         an exported log: every entry against the signed head, through tiles
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func decode(text string) ([]byte, error) { return base64.StdEncoding.Strict().DecodeString(text) }

func decodeHash(text string) (hash tlog.Hash, err error) {
	raw, err := decode(text)
	if err == nil && len(raw) != tlog.HashSize {
		err = errors.New("not a hash")
	}
	copy(hash[:], raw)
	return hash, err
}

func decodeHashes(lines []string) (hashes []tlog.Hash, err error) {
	for _, line := range lines {
		hash, err := decodeHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// openHead verifies a signed checkpoint.
func openHead(key string, text []byte) (tlog.Tree, error) {
	var tree tlog.Tree
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tree, errors.New("not a checkpoint of this log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = decodeHash(lines[2])
	return tree, err
}

// receipt verifies a receipt and returns its entry.
func receipt(key string, text []byte) ([]byte, error) {
	head, checkpoint, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("not a receipt")
	}
	entry, err := decode(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return nil, err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return nil, err
	}
	path, err := decodeHashes(lines[3:])
	if err != nil {
		return nil, err
	}
	tree, err := openHead(key, checkpoint)
	if err != nil {
		return nil, err
	}
	return entry, tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

type rowOpening struct {
	Index, Number uint64
	OptInDay      uint16 `json:"opt_in_day"`
	Verdict       uint8
	Salt, Receipt string
	Chunk, Path   []string
}

const chunkRows = 16

// opening verifies the opening of a row.
func opening(key string, text []byte) error {
	var row rowOpening
	if err := json.Unmarshal(text, &row); err != nil {
		return err
	}
	entry, err := receipt(key, []byte(row.Receipt))
	if err != nil {
		return err
	}
	var leaf struct {
		Rows struct {
			Scheme, Root string
			Count        uint64
		}
	}
	if err := json.Unmarshal(entry, &leaf); err != nil {
		return err
	}
	salt, err := decode(row.Salt)
	if err != nil {
		return err
	}
	input := append([]byte("tacet-row-v1"), salt...)
	input = binary.BigEndian.AppendUint64(input, row.Number)
	input = binary.BigEndian.AppendUint16(input, row.OptInDay)
	own := sha256.Sum256(append(input, row.Verdict))
	var chunk []byte
	for place := 0; place <= len(row.Chunk); place++ {
		if place == int(row.Index%chunkRows) {
			chunk = append(chunk, own[:]...)
		}
		if place < len(row.Chunk) {
			other, err := decode(row.Chunk[place])
			if err != nil {
				return err
			}
			chunk = append(chunk, other...)
		}
	}
	path, err := decodeHashes(row.Path)
	if err != nil {
		return err
	}
	root, err := hex.DecodeString(leaf.Rows.Root)
	if err != nil || leaf.Rows.Scheme != "tacet-rows-v1" || row.Index >= leaf.Rows.Count {
		return errors.New("no such rows")
	}
	var hash tlog.Hash
	copy(hash[:], root)
	chunks := (leaf.Rows.Count + chunkRows - 1) / chunkRows
	return tlog.CheckRecord(path, int64(chunks), hash, int64(row.Index/chunkRows), tlog.RecordHash(chunk))
}

func consistency(text []byte) error {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) < 4 {
		return errors.New("not a consistency proof")
	}
	oldSize, err := strconv.ParseInt(lines[0], 10, 64)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(lines[2], 10, 64)
	if err != nil {
		return err
	}
	roots, err := decodeHashes([]string{lines[1], lines[3]})
	if err != nil {
		return err
	}
	path, err := decodeHashes(lines[4:])
	if err != nil {
		return err
	}
	return tlog.CheckTree(path, size, roots[1], oldSize, roots[0])
}

// tiles reads the files of c2sp.org/tlog-tiles, whose paths lack the height.
type tiles struct{ directory string }

const tileHeight = 8

func (t tiles) Height() int { return tileHeight }

func (t tiles) path(tile tlog.Tile) string {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return filepath.Join(t.directory, strings.Replace(path, "tile/data/", "tile/entries/", 1))
}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		bytes, err := os.ReadFile(t.path(tile))
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func verifyTiles(key, directory string) error {
	checkpoint, err := os.ReadFile(filepath.Join(directory, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openHead(key, checkpoint)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles{directory})
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		width := tree.N - first
		if width > 1<<tileHeight {
			width = 1 << tileHeight
		}
		tile := tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: int(width)}
		entries, err := os.ReadFile(tiles{directory}.path(tile))
		if err != nil {
			return err
		}
		for index := first; index < first+width; index++ {
			if len(entries) < 2 {
				return errors.New("a tile is cut short")
			}
			length := 2 + int(binary.BigEndian.Uint16(entries))
			entry := entries[2:length]
			entries = entries[length:]
			if len(entry) == 0 {
				continue // erased
			}
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				return err
			}
		}
	}
	return nil
}

func run(args []string) error {
	if args[0] == "tiles" {
		return verifyTiles(args[1], args[2])
	}
	files, key := args[2:], args[1]
	if args[0] == "consistency" {
		files = args[1:]
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			switch args[0] {
			case "receipt":
				_, err = receipt(key, text)
			case "opening":
				err = opening(key, text)
			case "consistency":
				err = consistency(text)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("verified")
}
