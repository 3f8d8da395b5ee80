// Package prose makes up text that looks like what people write, as far as a compressor and a
// search index can tell: words by Zipf's law, sentences, paragraphs, some of it not ASCII.
//
// A pool is written once per seed; texts are put together from stretches of it, which costs
// little more than copying. Paragraphs hold none of the characters that JSON or HTML escape.
package prose

import (
	"math"
	"slices"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

const (
	vocabulary = 12_000
	poolSize   = 2 << 20
)

// Pool is a supply of text.
type Pool struct {
	words     []string
	weights   []float64 // cumulative
	text      []byte
	sentences []int // where in text they begin
}

// New writes a pool.
func New(base uint64) *Pool {
	source := seed.New(base, seed.Text("prose"))
	p := &Pool{}
	total := 0.0
	for i := range vocabulary {
		p.words = append(p.words, coin(&source, i))
		total += 1 / math.Pow(float64(i)+2.7, 1.05) // Zipf-Mandelbrot
		p.weights = append(p.weights, total)
	}
	for len(p.text) < poolSize {
		p.sentences = append(p.sentences, len(p.text))
		p.sentence(&source)
	}
	return p
}

var (
	onsets = []string{"b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "tr", "pl", "br", "sch", "gr", "", ""}
	nuclei = []string{"a", "e", "i", "o", "u", "e", "a", "ei", "ou", "ä", "ö", "ü", "é", "å"}
	codas  = []string{"", "", "n", "r", "s", "t", "l", "m", "nd", "ng", "rt", "ck", "ß"}
	others = []string{"отчёт", "встреча", "会议", "報告", "תודה", "مرحبا", "λογαριασμός", "이메일", "📎", "✅", "naïve", "žluťoučký"}
)

// coin makes a word; frequent ones are short, and one in two hundred is in another script.
func coin(source *seed.Source, rank int) string {
	if rank > 100 && source.N(200) == 0 {
		return seed.Pick(source, others)
	}
	syllables := 1 + source.N(2)
	if rank > 200 {
		syllables += source.N(3)
	}
	word := ""
	for range syllables {
		word += seed.Pick(source, onsets) + nuclei[source.N(nucleiFor(rank))] + seed.Pick(source, codas)
	}
	return word
}

// nucleiFor keeps accents out of the most frequent words.
func nucleiFor(rank int) int {
	if rank < 150 {
		return 9
	}
	return len(nuclei)
}

// Word returns one word.
func (p *Pool) Word(source *seed.Source) string {
	at, _ := slices.BinarySearch(p.weights, source.Float()*p.weights[len(p.weights)-1])
	return p.words[min(at, len(p.words)-1)]
}

func (p *Pool) sentence(source *seed.Source) {
	for i := range 4 + source.N(16) {
		if i > 0 {
			p.text = append(p.text, ' ')
		}
		p.text = append(p.text, p.Word(source)...)
	}
	p.text = append(p.text, ". "...)
}

// Append adds a paragraph of about n bytes, whole sentences, at least one.
func (p *Pool) Append(b []byte, source *seed.Source, n int) []byte {
	first := source.N(len(p.sentences) - 1)
	for last := first + 1; ; last++ {
		if last == len(p.sentences)-1 || p.sentences[last]-p.sentences[first] >= n {
			return append(b, p.text[p.sentences[first]:p.sentences[last]-1]...)
		}
	}
}

// Title adds a few words, without a full stop.
func (p *Pool) Title(b []byte, source *seed.Source, words int) []byte {
	for i := range words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, p.Word(source)...)
	}
	return b
}
