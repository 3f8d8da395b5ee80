package fleet_test

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// shape is one mail as a server would have got it.
type shape struct {
	name string
	raw  string // lines end with a line feed
}

// shapes are mails that real mailboxes hold and samples seldom do.
func shapes() []shape {
	all := []shape{
		{"nothing at all", ""},
		{"no header", "\njust a line\n"},
		{"no body", letter("no body", "")},
		{"no body, HTML", letter("no body, HTML", "", "Content-Type: text/html")},
		{"empty subject", letter("", "text")},
		{"subject of 8,000 characters", letter(strings.Repeat("word ", 1600), "text")},
		{"subject in encoded words", letter("=?utf-8?B?8J+Ymg==?= =?iso-8859-1?Q?gr=FC=DFe?= =?utf-8?q?_und_mehr?=", "text")},
		{"subject in 8-bit", letter("Gr\xfc\xdfe", "text")},
		{"subject from right to left", letter("=?utf-8?B?16nXnNeV150g16LXldec150=?=", "text")},
		{"no date", "From: a@example.com\nSubject: no date\n\ntext\n"},
		{"date that is none", letter("date that is none", "text", "Date: yesterday")},
		{"date of 1970", letter("date of 1970", "text", "Date: Thu, 1 Jan 1970 00:00:01 +0000")},
		{"date of 2037", letter("date of 2037", "text", "Date: Mon, 7 Dec 2037 09:00:00 -1100")},
		{"received a day later", letter("received a day later", "text", "Received: from a by b; Tue, 5 Mar 2024 10:00:00 +0900")},
		{"nobody", "Message-ID: <nobody@example.com>\nDate: Mon, 4 Mar 2024 10:00:00 +0000\nSubject: nobody\n\ntext\n"},
		{"name without an address", letter("name without an address", "text", "From: The Committee")},
		{"group without members", letter("group without members", "text", "To: undisclosed-recipients:;")},
		{"quoted local part", letter("quoted local part", "text", `From: "A, B" <"a b"@example.com>`)},
		{"sender is not author", letter("sender is not author", "text", "Sender: Secretary <s@example.com>", "Reply-To: r1@example.com, Desk <r2@example.com>", "Bcc: hidden@example.com")},
		{"1,200 recipients", letter("1,200 recipients", "text", "To: "+people(600), "Cc: "+people(600))},
		{"huge header", letter("huge header", "text", "X-Huge: "+strings.Repeat("0123456789 ", 9000))},
		{"600 header lines", letter("600 header lines", "text", numbered(600, "X-Line-%d: value")...)},
		{"one line of 300,000 characters", letter("one line", strings.Repeat("x", 300_000))},
		{"8-bit body", letter("8-bit body", "Gr\xfc\xdfe aus K\xf6ln", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit")},
		{"8-bit body that says ASCII", letter("8-bit that says ASCII", "\xff\xfe\x80\x81", "Content-Type: text/plain; charset=us-ascii")},
		{"zero bytes", letter("zero bytes", "a\x00b\x00c", "Content-Transfer-Encoding: binary")},
		{"carriage returns", strings.ReplaceAll(letter("carriage returns", "one\ntwo\n"), "\n", "\r\n")},
		{"quoted-printable that is broken", letter("broken", "a =ZZ b =\n=E4 =", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: quoted-printable")},
		{"base64 that is broken", letter("broken", "QUJD*REVG\nR0hJ=", "Content-Transfer-Encoding: base64")},
		{"HTML with everything", letter("HTML", "<html><head><style>p{}</style><script>alert(1)</script></head><body><p>\u00a0&nbsp;&lt;\U0001f600</p><!-- x --></body></html>", "Content-Type: text/html; charset=utf-8")},
		{"important and private", letter("important", "text", "Importance: high", "Sensitivity: Private", "X-Priority: 1")},
		{"flowed", letter("flowed", "a line \nthat flows \non\n", "Content-Type: text/plain; format=flowed; delsp=yes")},
		{"partial", letter("partial", "text", `Content-Type: message/partial; id="p@example.com"; number=1; total=3`)},
		{"body elsewhere", letter("body elsewhere", "Content-Type: text/plain\n\n", `Content-Type: message/external-body; access-type=anon-ftp; name="x"`)},
		{"boundary that never comes", letter("boundary that never comes", "text", `Content-Type: multipart/mixed; boundary="never"`)},
		{"boundary without a name", letter("boundary without a name", "--\n\ntext\n", "Content-Type: multipart/mixed")},
		{"unix to unix", letter("unix to unix", "begin 644 a.txt\n#86)C\n`\nend\n")},
		{"signed with OpenPGP", letter("PGP", "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n")},
	}
	for _, charset := range []string{"iso-8859-15", "iso-2022-jp", "shift_jis", "euc-kr", "big5", "gb18030", "koi8-r", "windows-1251", "windows-1256", "utf-16", "utf-7", "x-unknown", `"utf-8;"`} {
		all = append(all, shape{"charset " + charset, letter("charset "+strings.Trim(charset, `";`), "\x1b$B$3$s\x1b(B \xa4\xb3\xc0\xe8\x82\xb1 text", "Content-Type: text/plain; charset="+charset, "Content-Transfer-Encoding: 8bit")})
	}
	return append(all, multiparts()...)
}

func multiparts() []shape {
	inner := letter("inner", "inside", `Content-Type: multipart/mixed; boundary="in"`) +
		"--in\nContent-Type: text/plain\n\ninside\n" + file("in", "inner.bin", "application/octet-stream", bytesOf(500)) + "--in--\n"
	deep := "text at the bottom"
	for level := range 12 {
		deep = multipart(fmt.Sprintf("level%d", level), "mixed", "", "Content-Type: text/plain\n\nlevel\n", deep)
	}
	onion := letter("core", "text")
	for level := range 10 {
		onion = letter(fmt.Sprintf("skin %d", level), "--s\nContent-Type: message/rfc822\n\n"+onion+"\n--s--\n", `Content-Type: multipart/mixed; boundary="s"`)
	}
	many := "--m\nContent-Type: text/plain\n\nmany\n"
	for n := range 60 {
		many += file("m", fmt.Sprintf("part %d.dat", n%50), "application/octet-stream", bytesOf(100+n))
	}
	return []shape{
		{"nested", whole("nested", multipart("out", "mixed",
			"", multipart("alt", "alternative", "", "Content-Type: text/plain\n\nplain\n", multipart("rel", "related", "",
				"Content-Type: text/html\n\n<img src=\"cid:logo\">\n", "Content-Type: image/png; name=logo.png\nContent-ID: <logo>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\n"+base64Lines(bytesOf(3000)))),
			"Content-Type: message/rfc822\n\n"+inner))},
		{"twelve levels", whole("twelve levels", deep)},
		{"mails in mails", onion},
		{"sixty attachments, some of one name", letter("sixty attachments", many+"--m--\n", `Content-Type: multipart/mixed; boundary="m"`)},
		{"attachment of 4 MB", letter("large attachment", "--m\nContent-Type: text/plain\n\nlarge\n"+file("m", "large.bin", "application/octet-stream", bytesOf(4<<20))+"--m--\n", `Content-Type: multipart/mixed; boundary="m"`)},
		{"attachment without content or name", letter("no content", "--m\nContent-Type: application/pdf\nContent-Disposition: attachment\n\n\n--m--\n", `Content-Type: multipart/mixed; boundary="m"`)},
		{"attachment with a difficult name", letter("difficult name", file("m", `../a:b*c?"<>|.txt`, "text/plain", "x")+
			"--m\nContent-Type: text/plain\nContent-Disposition: attachment; filename*0*=UTF-8''%E2%82%AC%20; filename*1*=rates.txt\n\nx\n--m--\n", `Content-Type: multipart/mixed; boundary="m"`)},
		{"only an attachment", letter("only an attachment", base64Lines(bytesOf(900)), "Content-Type: application/pdf; name=a.pdf", "Content-Disposition: attachment; filename=a.pdf", "Content-Transfer-Encoding: base64")},
		{"image inside without an id", letter("image inside", "--m\nContent-Type: text/html\n\n<p>x</p>\n--m\nContent-Type: image/gif\nContent-Disposition: inline; filename=x.gif\nContent-Transfer-Encoding: base64\n\nR0lGODlhAQABAAAAACw=\n--m--\n", `Content-Type: multipart/related; boundary="m"`)},
		{"invitation", letter("invitation", multipartBody("c", "Content-Type: text/plain\n\nCome!\n", "Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\n"+calendar), `Content-Type: multipart/alternative; boundary="c"`)},
		{"reply to an invitation", letter("Accepted: invitation", strings.Replace(calendar, "REQUEST", "REPLY", 1), "Content-Type: text/calendar; method=REPLY")},
		{"signed with S/MIME", letter("signed", multipartBody("s", "Content-Type: text/plain\n\nsigned text\n", "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment; filename=smime.p7s\nContent-Transfer-Encoding: base64\n\n"+base64Lines(bytesOf(2000))),
			`Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="s"`)},
		{"encrypted with S/MIME", letter("encrypted", base64Lines(bytesOf(5000)), "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "Content-Disposition: attachment; filename=smime.p7m", "Content-Transfer-Encoding: base64")},
		{"encrypted with OpenPGP", letter("encrypted", multipartBody("e", "Content-Type: application/pgp-encrypted\n\nVersion: 1\n", "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n"),
			`Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="e"`)},
		{"could not be delivered", letter("Undeliverable", multipartBody("r", "Content-Type: text/plain\n\nno such user\n", "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; x@example.com\nAction: failed\nStatus: 5.1.1\n", "Content-Type: message/rfc822\n\n"+inner),
			`Content-Type: multipart/report; report-type=delivery-status; boundary="r"`)},
		{"TNEF", letter("tnef", "--m\nContent-Type: text/plain\n\ntnef\n"+file("m", "winmail.dat", "application/ms-tnef", "\x78\x9f\x3e\x22"+bytesOf(300))+"--m--\n", `Content-Type: multipart/mixed; boundary="m"`)},
	}
}

const calendar = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1@example.com\nDTSTAMP:20240304T100000Z\nDTSTART:20240305T100000Z\nSUMMARY:Meeting\nORGANIZER:mailto:a@example.com\nEND:VEVENT\nEND:VCALENDAR\n"

// letter is a mail with the usual header. A line that is given again replaces the usual one.
func letter(subject, body string, lines ...string) string {
	header := []string{"From: Ann Author <ann@example.com>", "To: bob@example.com", "Date: Mon, 4 Mar 2024 10:00:00 +0100",
		fmt.Sprintf("Message-ID: <%x@example.com>", base64.RawStdEncoding.EncodeToString([]byte(subject[:min(len(subject), 40)]+strings.Join(lines, "")[:min(len(strings.Join(lines, "")), 40)]))), "Subject: " + subject, "MIME-Version: 1.0"}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		for i := range header {
			if strings.HasPrefix(header[i], name+":") {
				header[i], line = line, ""
			}
		}
		if line != "" {
			header = append(header, line)
		}
	}
	return strings.Join(header, "\n") + "\n\n" + body + "\n"
}

// whole makes a mail of a part that has a header of its own.
func whole(subject, part string) string {
	kind, body, _ := strings.Cut(part, "\n\n")
	return letter(subject, body, kind)
}

func multipart(boundary, subtype, preamble string, parts ...string) string {
	return fmt.Sprintf("Content-Type: multipart/%s; boundary=%q\n\n%s%s", subtype, boundary, preamble, multipartBody(boundary, parts...))
}

func multipartBody(boundary string, parts ...string) string {
	var body strings.Builder
	for _, part := range parts {
		body.WriteString("--" + boundary + "\n" + part + "\n")
	}
	return body.String() + "--" + boundary + "--\n"
}

func file(boundary, name, kind, content string) string {
	return fmt.Sprintf("--%s\nContent-Type: %s\nContent-Disposition: attachment; filename=%q\nContent-Transfer-Encoding: base64\n\n%s", boundary, kind, name, base64Lines(content))
}

func base64Lines(content string) string {
	text := base64.StdEncoding.EncodeToString([]byte(content))
	var lines strings.Builder
	for len(text) > 76 {
		lines.WriteString(text[:76] + "\n")
		text = text[76:]
	}
	return lines.String() + text + "\n"
}

// bytesOf are bytes of all values.
func bytesOf(n int) string {
	content := make([]byte, n)
	for i := range content {
		content[i] = byte(i * i / 7)
	}
	return string(content)
}

func people(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("Person %d <person%d@example.com>", i, i)
	}
	return strings.Join(list, ",\n ")
}

func numbered(n int, format string) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf(format, i)
	}
	return lines
}
