//! JSON as devices send it, read where it lies: no copy, no tree. What is not asked for is passed over and is nowhere afterwards.

use std::borrow::Cow;

/// Deepest nesting that is read; what devices send has five or six levels.
const DEPTH_MAX: u32 = 32;

/// It is not JSON, or deeper than anything a device sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// A value that lies in the message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// A text.
    Text(Text<'a>),
    /// A number, as it is written.
    Number(&'a str),
    /// Yes or no.
    Bool(bool),
    /// Nothing.
    Null,
    /// An object, with its braces; see [`members`].
    Object(&'a [u8]),
    /// An array, with its brackets; see [`elements`].
    Array(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The text, if it is one.
    #[must_use]
    pub fn text(self) -> Option<Text<'a>> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number times 10 to the power of `places`, cut off; also of a text that holds nothing but a number.
    #[must_use]
    pub fn scaled(self, places: u32) -> Option<i64> {
        match self {
            Self::Number(number) => scaled(number, places),
            Self::Text(text) => {
                let text = text.plain()?.trim();
                let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
                let number = cursor.number().ok()?;
                (cursor.at == text.len()).then(|| scaled(number, places)).flatten()
            }
            _ => None,
        }
    }

    /// Yes or no, also as the texts and numbers that devices write for it: `true`, `"true"`, `"1"`, `0`.
    #[must_use]
    pub fn truth(self) -> Option<bool> {
        match self {
            Self::Bool(yes) => Some(yes),
            Self::Number("1") => Some(true),
            Self::Number("0") => Some(false),
            Self::Text(text) => match text.plain()?.trim() {
                "1" => Some(true),
                "0" => Some(false),
                word if word.eq_ignore_ascii_case("true") => Some(true),
                word if word.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A text that lies in the message, without its quotation marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    raw: &'a [u8],
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The bytes as they lie there; a key that needs no escapes is compared by them.
    #[inline]
    #[must_use]
    pub const fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// The text, if it needs no unescaping.
    #[must_use]
    pub fn plain(self) -> Option<&'a str> {
        if self.escaped { None } else { std::str::from_utf8(self.raw).ok() }
    }

    /// The text as it is meant; nothing when it is no text.
    #[must_use]
    pub fn meant(self) -> Option<Cow<'a, str>> {
        let text = std::str::from_utf8(self.raw).ok()?;
        if self.escaped { unescaped(text).map(Cow::Owned) } else { Some(Cow::Borrowed(text)) }
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match rest.next()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = unit(&mut rest)?;
                if (0xD800..0xDC00).contains(&high) {
                    (rest.next()? == '\\' && rest.next()? == 'u').then_some(())?;
                    let low = unit(&mut rest)?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
                    char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + low)?
                } else {
                    char::from_u32(high)?
                }
            }
            _ => return None,
        });
    }
    Some(out)
}

fn unit(rest: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |value, _| Some((value << 4) | rest.next()?.to_digit(16)?))
}

/// A decimal number times 10 to the power of `places`, cut off; nothing when it does not fit.
fn scaled(number: &str, places: u32) -> Option<i64> {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    let (negative, digits) = mantissa.strip_prefix('-').map_or((false, mantissa), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut value: i128 = 0;
    for digit in whole.bytes().chain(part.bytes()).take(36) {
        value = value * 10 + i128::from(digit.checked_sub(b'0').filter(|d| *d < 10)?);
    }
    let taken = (whole.len() + part.len()).min(36);
    let behind = i32::try_from(taken).ok()? - i32::try_from(whole.len()).ok()?;
    let shift = i32::try_from(places).ok()?.checked_add(exponent)?.checked_sub(behind)?;
    for _ in 0..shift.unsigned_abs().min(40) {
        value = if shift > 0 { value.checked_mul(10)? } else { value / 10 };
    }
    i64::try_from(if negative { -value } else { value }).ok()
}

/// The members of an object, one after another.
///
/// # Errors
/// When it is none. What is wrong further on is found when it is reached.
pub fn members(bytes: &[u8]) -> Result<Members<'_>, Malformed> {
    let mut cursor = Cursor { bytes, at: 0 };
    cursor.expect(b'{')?;
    Ok(Members(Inside { cursor, first: true, over: false }))
}

/// The elements of an array, one after another.
///
/// # Errors
/// As [`members`].
pub fn elements(bytes: &[u8]) -> Result<Elements<'_>, Malformed> {
    let mut cursor = Cursor { bytes, at: 0 };
    cursor.expect(b'[')?;
    Ok(Elements(Inside { cursor, first: true, over: false }))
}

/// The value of a member, for what is asked a single question.
///
/// # Errors
/// When the message is no object.
pub fn member<'a>(bytes: &'a [u8], name: &[u8]) -> Result<Option<Value<'a>>, Malformed> {
    let mut found = None;
    for member in members(bytes)? {
        let (key, value) = member?;
        if key.raw() == name {
            found = Some(value);
        }
    }
    Ok(found)
}

/// See [`members`]. Ends after the first error.
#[derive(Debug)]
pub struct Members<'a>(Inside<'a>);

/// See [`elements`]. Ends after the first error.
#[derive(Debug)]
pub struct Elements<'a>(Inside<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = Result<(Text<'a>, Value<'a>), Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(b'}', |cursor| {
            let key = cursor.text()?;
            cursor.expect(b':')?;
            Ok((key, cursor.value(0)?))
        })
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Value<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(b']', |cursor| cursor.value(0))
    }
}

#[derive(Debug)]
struct Inside<'a> {
    cursor: Cursor<'a>,
    first: bool,
    over: bool,
}

impl<'a> Inside<'a> {
    #[inline]
    fn next<T>(&mut self, end: u8, read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Malformed>) -> Option<Result<T, Malformed>> {
        if self.over {
            return None;
        }
        let cursor = &mut self.cursor;
        if cursor.takes(end) {
            self.over = true;
            cursor.space();
            return if cursor.at == cursor.bytes.len() { None } else { Some(Err(Malformed)) };
        }
        let read = if self.first || cursor.takes(b',') { read(cursor) } else { Err(Malformed) };
        self.first = false;
        self.over = read.is_err();
        Some(read)
    }
}

#[derive(Debug)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes over space and this byte, if it comes.
    #[inline]
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.takes(byte) { Ok(()) } else { Err(Malformed) }
    }

    #[inline]
    fn text(&mut self) -> Result<Text<'a>, Malformed> {
        self.expect(b'"')?;
        let (from, mut escaped) = (self.at, false);
        loop {
            let stop = self.rest().iter().position(|b| matches!(b, b'"' | b'\\') || *b < b' ').ok_or(Malformed)?;
            self.at += stop;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                _ => return Err(Malformed),
            }
        }
        let raw = self.bytes.get(from..self.at).ok_or(Malformed)?;
        self.at += 1;
        Ok(Text { raw, escaped })
    }

    #[inline]
    fn digits(&mut self) -> Result<(), Malformed> {
        let many = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += many;
        if many == 0 { Err(Malformed) } else { Ok(()) }
    }

    #[inline]
    fn number(&mut self) -> Result<&'a str, Malformed> {
        let from = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let leading = self.at;
        self.digits()?;
        if self.at > leading + 1 && self.bytes.get(leading) == Some(&b'0') {
            return Err(Malformed);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        self.bytes.get(from..self.at).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or(Malformed)
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Malformed> {
        self.at += word.len();
        let from = self.at.saturating_sub(word.len());
        if self.bytes.get(from..self.at) == Some(word) { Ok(()) } else { Err(Malformed) }
    }

    #[inline]
    fn value(&mut self, depth: u32) -> Result<Value<'a>, Malformed> {
        self.space();
        Ok(match self.peek().ok_or(Malformed)? {
            b'"' => Value::Text(self.text()?),
            b't' => self.word(b"true").map(|()| Value::Bool(true))?,
            b'f' => self.word(b"false").map(|()| Value::Bool(false))?,
            b'n' => self.word(b"null").map(|()| Value::Null)?,
            b'{' => Value::Object(self.passed(depth, b'}')?),
            b'[' => Value::Array(self.passed(depth, b']')?),
            _ => Value::Number(self.number()?),
        })
    }

    /// Passes over an object or array, which must be whole.
    fn passed(&mut self, depth: u32, end: u8) -> Result<&'a [u8], Malformed> {
        if depth >= DEPTH_MAX {
            return Err(Malformed);
        }
        let from = self.at;
        self.at += 1;
        let mut first = true;
        while !self.takes(end) {
            if !first {
                self.expect(b',')?;
            }
            if end == b'}' {
                self.text()?;
                self.expect(b':')?;
            }
            self.value(depth + 1)?;
            first = false;
        }
        self.bytes.get(from..self.at).ok_or(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Result<Vec<(Text<'_>, Value<'_>)>, Malformed> {
        members(text.as_bytes())?.collect()
    }

    #[test]
    fn members_are_found_where_they_lie() {
        let found = all(r#" {"a":1, "b" : "x", "c":{"d":[1,{"e":"}"}]},"f":null,"g":true,"h":[] } "#).unwrap();
        assert_eq!(found.len(), 6);
        assert_eq!(found[0].1, Value::Number("1"));
        assert_eq!(found[1].1.text().unwrap().plain(), Some("x"));
        let Value::Object(inside) = found[2].1 else { panic!("an object") };
        assert_eq!(inside, br#"{"d":[1,{"e":"}"}]}"#);
        assert_eq!((found[3].1, found[4].1), (Value::Null, Value::Bool(true)));
        assert_eq!(elements(b"[1, \"two\", [3]]").unwrap().count(), 3);
    }

    #[test]
    fn what_is_no_json_is_none() {
        for wrong in [
            "",
            "[]",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":1}x",
            "{\"a\":tru}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":\"\n\"}",
            "{a:1}",
            "{\"a\":+1}",
            "{\"a\":.5}",
            "{\"a\":\"b",
            "{,}",
            "{\"a\":[1,]}",
        ] {
            assert_eq!(all(wrong), Err(Malformed), "{wrong}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
        assert_eq!(all(&deep), Err(Malformed));
    }

    #[test]
    fn escapes_are_undone_only_when_asked() {
        let found = all(r#"{"a":"\u4f4f\u6237\n\"\ud83d\ude00"}"#).unwrap();
        let text = found[0].1.text().unwrap();
        assert_eq!(text.plain(), None);
        assert_eq!(text.meant().as_deref(), Some("住户\n\"😀"));
        let lone = all(r#"{"a":"\ud83d"}"#).unwrap();
        assert_eq!(lone[0].1.text().unwrap().meant(), None);
    }

    #[test]
    fn numbers_are_cut_off_and_never_rounded() {
        assert_eq!(scaled("1763856012.418233", 0), Some(1_763_856_012));
        assert_eq!(scaled("0.839", 2), Some(83));
        assert_eq!(scaled("-1.5", 1), Some(-15));
        assert_eq!(scaled("1.763856012418233e9", 0), Some(1_763_856_012));
        assert_eq!(scaled("12E-1", 3), Some(1_200));
        assert_eq!(scaled("99999999999999999999", 0), None);
        assert_eq!(scaled("1e40", 0), None);
        assert_eq!(scaled("0.1234567890123456789012345678901234567890123", 3), Some(123));
        assert_eq!(Value::Text(Text { raw: b"5123", escaped: false }).scaled(0), Some(5_123));
        assert_eq!(Value::Text(Text { raw: b"5123x", escaped: false }).scaled(0), None);
    }

    #[test]
    fn truth_has_many_spellings() {
        let truth = |text: &str| all(text).unwrap()[0].1.truth();
        for yes in ["{\"a\":true}", "{\"a\":\"true\"}", "{\"a\":\"True\"}", "{\"a\":\"1\"}", "{\"a\":1}"] {
            assert_eq!(truth(yes), Some(true), "{yes}");
        }
        for no in ["{\"a\":false}", "{\"a\":\"false\"}", "{\"a\":\"0\"}", "{\"a\":0}"] {
            assert_eq!(truth(no), Some(false), "{no}");
        }
        for neither in ["{\"a\":null}", "{\"a\":\"\"}", "{\"a\":2}", "{\"a\":[]}"] {
            assert_eq!(truth(neither), None, "{neither}");
        }
    }

    proptest! {
        /// What serde takes for an object is read to its end, with the same keys; what it refuses is refused.
        #[test]
        fn agrees_with_another_reader(bytes in proptest::collection::vec(prop_oneof![
            Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b':'), Just(b','), Just(b'1'), Just(b'0'), Just(b'-'),
            Just(b'.'), Just(b'e'), Just(b'a'), Just(b' '), Just(b'\\'),
        ], 0..24)) {
            let theirs = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes);
            let ours: Result<Vec<_>, _> = members(&bytes).and_then(Iterator::collect);
            // A text is unescaped only when it is looked at, and a number is only then held against what fits.
            if let Ok(theirs) = theirs {
                let ours = ours.unwrap();
                prop_assert!(ours.len() >= theirs.len());
                for (key, _) in ours {
                    prop_assert!(theirs.contains_key(key.meant().unwrap().as_ref()));
                }
            } else if let Ok(ours) = ours {
                let text = std::str::from_utf8(&bytes).unwrap();
                prop_assert!(text.contains('\\') || text.contains('e'), "{:?} from {}", ours, text);
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut message = b"{\"a\":".to_vec();
            message.extend(&bytes);
            for found in members(&message).into_iter().flatten().flatten() {
                let (key, value) = found;
                let _ = (key.meant(), value.truth(), value.scaled(3), value.text().map(Text::meant));
            }
        }
    }
}
