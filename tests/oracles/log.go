// Judges logs and proofs of this program with golang.org/x/mod/sumdb, the code behind Go's own
// checksum database. That code is the oracle; this file only finds bytes and hands them to it.
//
//	log DIR VKEY                        a log's folder: signature, root, every bundle, every tile
//	inclusion FILE VKEY                 a .tlog-proof, with its entry in the extra line
//	consistency FILE OLD NEW VKEY       hash lines, from one signed checkpoint to another
//
// The result is one line of JSON; what is refused goes to standard error with exit code 1. Not
// judged here: what entries say, their chain (prev, seq), rotated keys, cosignatures and times.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // of tiles, as C2SP tlog-tiles has it

type result struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
	Root   string `json:"root"`
	Tiles  int    `json:"tiles"`
	Proven int    `json:"proven"`
}

func main() {
	var done result
	switch arguments := os.Args[1:]; {
	case len(arguments) == 3 && arguments[0] == "log":
		done = judgeLog(arguments[1], arguments[2])
	case len(arguments) == 3 && arguments[0] == "inclusion":
		done = judgeInclusion(arguments[1], arguments[2])
	case len(arguments) == 5 && arguments[0] == "consistency":
		done = judgeConsistency(arguments[1], arguments[2], arguments[3], arguments[4])
	default:
		refuse("usage: log DIR VKEY | inclusion FILE VKEY | consistency FILE OLD NEW VKEY")
	}
	check(json.NewEncoder(os.Stdout).Encode(done))
}

func judgeLog(folder, vkey string) result {
	origin, tree := openCheckpoint(read(filepath.Join(folder, "checkpoint")), vkey)
	if tree.N == 0 {
		refuse("a log has at least its first key")
	}
	grown := &edge{folder: folder}
	for first := int64(0); first < tree.N; first += 1 << height {
		for _, entry := range entriesOf(folder, first>>height, width(tree.N-first)) {
			grown.add(entry)
		}
	}
	for level, hashes := range grown.open {
		if len(hashes) > 0 {
			grown.compareTile(level)
		}
	}
	root, err := tlog.TreeHash(tree.N, grown)
	check(err)
	if root != tree.Hash {
		refuse("the entries give root %s, the checkpoint says %s", root, tree.Hash)
	}
	proven := proveFromTiles(folder, tree)
	return result{origin, tree.N, hex.EncodeToString(root[:]), grown.tiles, proven}
}

// An edge is a tree's right edge: the newest hash of each level, which is all that a growing tree
// and its root are made from, and the tiles that are not full yet. Its memory does not grow.
type edge struct {
	folder string
	size   int64
	newest [64]tlog.Hash
	open   [8][]byte
	tiles  int
}

func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		if n != e.size>>uint(level)-1 {
			return nil, fmt.Errorf("hash %d of level %d is not on the edge of %d", n, level, e.size)
		}
		hashes[i] = e.newest[level]
	}
	return hashes, nil
}

func (e *edge) add(entry []byte) {
	hashes, err := tlog.StoredHashes(e.size, entry, e)
	check(err)
	e.size++
	for level, hash := range hashes {
		e.newest[level] = hash
		if level%height == 0 {
			e.open[level/height] = append(e.open[level/height], hash[:]...)
			if len(e.open[level/height]) == tlog.HashSize<<height {
				e.compareTile(level / height)
			}
		}
	}
}

// compareTile holds the tile that just became full, or the last one, against its file.
func (e *edge) compareTile(level int) {
	hashes := e.open[level]
	w := len(hashes) / tlog.HashSize
	n := (e.size>>uint(level*height) - 1) >> height
	tile := tlog.Tile{H: height, L: level, N: n, W: w}
	if !bytes.Equal(read(tilePath(e.folder, tile)), hashes) {
		refuse("%s is not what the entries make", tile.Path())
	}
	e.open[level] = hashes[:0]
	e.tiles++
}

// proveFromTiles lets Go's client make proofs of some entries from the log's tiles alone.
func proveFromTiles(folder string, tree tlog.Tree) int {
	reader := tlog.TileHashReader(tree, tiles(folder))
	places := []int64{0, tree.N / 3, tree.N / 2, tree.N - 1}
	for _, n := range places {
		entry := entriesOf(folder, n>>height, width(tree.N-n>>height<<height))[n%(1<<height)]
		proof, err := tlog.ProveRecord(tree.N, n, reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(entry)))
	}
	return len(places)
}

type tiles string

func (folder tiles) Height() int { return height }

func (folder tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (folder tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		data[i] = read(tilePath(string(folder), tile))
	}
	return data, nil
}

func judgeInclusion(file, vkey string) result {
	head, checkpoint, found := bytes.Cut(read(file), []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		refuse("not a tlog-proof with an entry")
	}
	origin, tree := openCheckpoint(checkpoint, vkey)
	entry, err := base64.StdEncoding.Strict().DecodeString(after("extra ", lines[1]))
	check(err)
	index := number(after("index ", lines[2]))
	proof := tlog.RecordProof(hashes(lines[3:]))
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
	return result{origin, tree.N, hex.EncodeToString(tree.Hash[:]), 0, 1}
}

func judgeConsistency(file, older, newer, vkey string) result {
	_, old := openCheckpoint(read(older), vkey)
	origin, tree := openCheckpoint(read(newer), vkey)
	lines := strings.Split(string(read(file)), "\n")
	if last := len(lines) - 1; lines[last] != "" {
		refuse("the last line does not end")
	}
	proof := tlog.TreeProof(hashes(lines[:len(lines)-1]))
	check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
	return result{origin, tree.N, hex.EncodeToString(tree.Hash[:]), 0, 1}
}

// openCheckpoint verifies a signed checkpoint. Its form is that of Go's own tree notes, but that
// the first line is the log's origin, which must be the key's name.
func openCheckpoint(data []byte, vkey string) (string, tlog.Tree) {
	verifier, err := note.NewVerifier(vkey)
	check(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err)
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() {
		refuse("a checkpoint of %q, signed by %q", origin, verifier.Name())
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	check(err)
	return origin, tree
}

func entriesOf(folder string, n int64, count int) [][]byte {
	bundle := tlog.Tile{H: height, L: -1, N: n, W: count}
	data := read(tilePath(folder, bundle))
	entries := make([][]byte, 0, count)
	for len(data) >= 2 && len(data) >= 2+int(binary.BigEndian.Uint16(data)) {
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if len(entries) != count || len(data) != 0 {
		refuse("%s does not hold %d entries", bundle.Path(), count)
	}
	return entries
}

// tilePath is tlog's path without the height; C2SP tlog-tiles has entries where Go has data.
func tilePath(folder string, tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	if tile.L == -1 {
		path = "entries/" + strings.TrimPrefix(path, "data/")
	}
	return filepath.Join(folder, "tile", path)
}

func width(left int64) int {
	if left > 1<<height {
		return 1 << height
	}
	return int(left)
}

func hashes(lines []string) []tlog.Hash {
	parsed := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		hash, err := tlog.ParseHash(line)
		check(err)
		if hash.String() != line {
			refuse("not the canonical base64 of a hash: %q", line)
		}
		parsed[i] = hash
	}
	return parsed
}

func number(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	check(err)
	if strconv.FormatInt(n, 10) != digits {
		refuse("not a canonical number: %q", digits)
	}
	return n
}

func after(word, line string) string {
	if !strings.HasPrefix(line, word) {
		refuse("no line with %q", word)
	}
	return strings.TrimPrefix(line, word)
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err)
	return data
}

func check(err error) {
	if err != nil {
		refuse("%v", err)
	}
}

func refuse(format string, details ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", details...)
	os.Exit(1)
}
