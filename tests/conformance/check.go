// Check reads a log folder of C2SP tlog-tiles with Go's own sumdb packages, which share no code with azukari.
//
//	check FOLDER LOG-VKEY [WITNESS-VKEY]
//
// It opens the checkpoint, verifies the cosignature of a witness if one is named, and checks inclusion and
// consistency proofs that it computes from the tiles. Exit code 0 and a line of counts if all of it holds.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tiles reads the tiles of a folder; sumdb's paths name the height of a tile, those of C2SP do not.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// cosigner verifies cosignature/v1 (type 4) as a note.Verifier.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 72 {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

func newCosigner(vkey string) cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), typed...))
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	check(err)
	if typed[0] != 4 || uint32(hash) != binary.BigEndian.Uint32(id[:4]) {
		fail("the key of the witness is not of type 4, or its id is another")
	}
	return cosigner{parts[0], uint32(hash), ed25519.PublicKey(typed[1:])}
}

// entry reads one entry out of its bundle.
func entry(folder string, size, index int64) []byte {
	bundle := index / 256
	tile := tlog.Tile{H: 8, L: 0, N: bundle, W: 256}
	if bundle == size/256 {
		tile.W = int(size % 256)
	}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(path)))
	check(err)
	for skip := index % 256; skip > 0; skip-- {
		data = data[2+int(binary.BigEndian.Uint16(data)):]
	}
	return data[2 : 2+int(binary.BigEndian.Uint16(data))]
}

func main() {
	folder := os.Args[1]
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	check(err)
	log, err := note.NewVerifier(os.Args[2])
	check(err)
	known := []note.Verifier{log}
	if len(os.Args) > 3 {
		known = append(known, newCosigner(os.Args[3]))
	}
	opened, err := note.Open(data, note.VerifierList(known...))
	check(err)
	if len(opened.Sigs) != len(known) {
		fail("%d of %d keys signed", len(opened.Sigs), len(known))
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	rootBytes, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	var root tlog.Hash
	copy(root[:], rootBytes)

	// TileHashReader authenticates every tile against the root before it hands out a hash.
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tiles{folder})
	computed, err := tlog.TreeHash(size, reader)
	check(err)
	if computed != root {
		fail("the tiles lead to another root")
	}
	inclusions, consistencies := 0, 0
	for index := int64(0); index < size; index += 1 + size/70 {
		inclusions += included(folder, reader, size, root, index)
	}
	inclusions += included(folder, reader, size, root, size-1)
	for _, old := range []int64{1, 2, 255, 256, 257, 65535, 65536, size - 1} {
		if old < 1 || old >= size {
			continue
		}
		before, err := tlog.TreeHash(old, reader)
		check(err)
		proof, err := tlog.ProveTree(size, old, reader)
		check(err)
		check(tlog.CheckTree(proof, size, root, old, before))
		consistencies++
	}
	fmt.Printf("size %d inclusion %d consistency %d signatures %d\n", size, inclusions, consistencies, len(opened.Sigs))
}

func included(folder string, reader tlog.HashReader, size int64, root tlog.Hash, index int64) int {
	content := entry(folder, size, index)
	proof, err := tlog.ProveRecord(size, index, reader)
	check(err)
	check(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(content)))
	if tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(append(append([]byte{}, content...), 120))) == nil {
		fail("another entry verifies too")
	}
	return 1
}

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}
