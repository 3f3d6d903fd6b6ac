// Checks a ledger with another implementation of the same formats: golang.org/x/mod/sumdb (tlog, note), as Debian packages
// it (golang-golang-x-mod-dev). It shares no code with the ledger: tiles, entries, checkpoints, proof files, the proof that
// one tree extends another, and cosignatures of witnesses are read here from the specifications.
//
//	verify -folder FOLDER -key KEY [-old CHECKPOINT] [-witness KEY]... PROOF...
//
// It prints one line for each thing it checked and ends with 1 at the first that does not hold.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func main() {
	folder := flag.String("folder", "", "folder of the log")
	key := flag.String("key", "", "public key of the log")
	old := flag.String("old", "", "an earlier checkpoint that the log must extend")
	var witnesses list
	flag.Var(&witnesses, "witness", "public key of a witness whose cosignature each proof must carry")
	flag.Parse()
	if err := run(*folder, *key, *old, witnesses, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func run(folder, key, old string, witnesses, proofs []string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return fmt.Errorf("the key: %w", err)
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, _, err := openCheckpoint(signed, verifier)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	fmt.Printf("checkpoint ok: %d leaves\n", tree.N)
	// The reader of tiles compares every tile with the root above it before it is used.
	hashes := tlog.TileHashReader(tree, tiles{folder})
	if err := checkEntries(folder, tree, hashes); err != nil {
		return err
	}
	if old != "" {
		if err := checkExtends(old, tree, verifier, hashes); err != nil {
			return fmt.Errorf("%s: %w", old, err)
		}
	}
	for _, path := range proofs {
		if err := checkProof(path, verifier, witnesses); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// openCheckpoint reads a signed note whose text is a name, a size and a root (c2sp.org/tlog-checkpoint).
func openCheckpoint(signed []byte, verifier note.Verifier) (tlog.Tree, *note.Note, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, nil, errors.New("the text is not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, opened, err
}

// tiles reads the tiles of a folder; this format has no height in their names.
type tiles struct{ folder string }

func (t tiles) Height() int                      { return tileHeight }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// checkEntries hashes every entry and compares it with the leaf that the signed root vouches for.
func checkEntries(folder string, tree tlog.Tree, hashes tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		count := tree.N - first
		if count > 1<<tileHeight {
			count = 1 << tileHeight
		}
		tile := tlog.Tile{H: tileHeight, L: 0, N: first >> tileHeight, W: int(count)}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return err
		}
		var indexes []int64
		for leaf := first; leaf < first+count; leaf++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, leaf))
		}
		signed, err := hashes.ReadHashes(indexes)
		if err != nil {
			return fmt.Errorf("tiles: %w", err)
		}
		for position := int64(0); position < count; position++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("%s ends inside entry %d", path, position)
			}
			length := int(binary.BigEndian.Uint16(data))
			if tlog.RecordHash(data[2:2+length]) != signed[position] {
				return fmt.Errorf("%s: entry of leaf %d is not the signed one", path, first+position)
			}
			data = data[2+length:]
		}
		if len(data) != 0 {
			return fmt.Errorf("%s: %d bytes behind its last entry", path, len(data))
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil || root != tree.Hash {
		return fmt.Errorf("the tiles lead to root %v, the checkpoint says %v (%v)", root, tree.Hash, err)
	}
	fmt.Printf("tiles and entries ok: %d\n", tree.N)
	return nil
}

func checkExtends(path string, tree tlog.Tree, verifier note.Verifier, hashes tlog.HashReader) error {
	signed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, _, err := openCheckpoint(signed, verifier)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, before.N, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash); err != nil {
		return err
	}
	fmt.Printf("extension ok: %d to %d leaves\n", before.N, tree.N)
	return nil
}

// checkProof checks a proof file (c2sp.org/tlog-proof): the entry in its extra line is in the tree its checkpoint signs.
func checkProof(path string, verifier note.Verifier, witnesses []string) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, signed, found := bytes.Cut(file, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "extra ") ||
		!strings.HasPrefix(lines[2], "index ") {
		return errors.New("it is not a proof file with its entry")
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, _, err := openCheckpoint(signed, verifier)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	for _, witness := range witnesses {
		known, err := newWitness(witness)
		if err != nil {
			return err
		}
		if _, err := note.Open(signed, note.VerifierList(known)); err != nil {
			return fmt.Errorf("witness %s: %w", known.Name(), err)
		}
	}
	fmt.Printf("proof ok: leaf %d of %d, %d witnesses\n", index, tree.N, len(witnesses))
	return nil
}

// witness verifies cosignatures of type 0x04 (c2sp.org/tlog-cosignature).
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(text string) (*witness, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("%q is not name+id+key", text)
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 0x04 {
		return nil, fmt.Errorf("%q is not a witness's key", text)
	}
	return &witness{parts[0], uint32(hash), ed25519.PublicKey(key[1:])}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }
func (w *witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return ed25519.Verify(w.key, []byte(message), signature[8:])
}
