//! The parts of a multipart body. Only the one with the event is looked into.

/// The boundary, as the header says or as the body begins; nothing when it is not multipart.
pub(super) fn boundary(content_type: Option<&str>, body: &[u8]) -> Option<Vec<u8>> {
    if let Some(header) = content_type.filter(|header| header.trim_start().to_ascii_lowercase().starts_with("multipart/")) {
        let named = header.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
        });
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            return Some(named.as_bytes().to_vec());
        }
    }
    let rest = body.strip_prefix(b"--")?;
    let line = rest.split(|b| *b == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (1..=70).contains(&line.len()).then(|| line.to_vec())
}

/// The body of the first part that is JSON or XML, by its header, or without one by how it begins.
pub(super) fn event<'a>(boundary: &[u8], body: &'a [u8]) -> Option<&'a [u8]> {
    let mark = [b"--", boundary].concat();
    let mut rest = body.get(find(body, &mark)? + mark.len()..)?;
    loop {
        if rest.starts_with(b"--") {
            return None;
        }
        let end = find(rest, &mark).unwrap_or(rest.len());
        let part = rest.get(..end)?;
        let found = split(part).filter(|(head, inside)| is_event(head, inside));
        if let Some((_, inside)) = found {
            return Some(inside.trim_ascii());
        }
        rest = rest.get(end + mark.len()..)?;
    }
}

/// The head of a part and what is behind the empty line.
fn split(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let (at, long) = match (find(part, b"\r\n\r\n"), find(part, b"\n\n")) {
        (Some(a), Some(b)) if b < a => (b, 2),
        (Some(a), _) => (a, 4),
        (None, b) => (b?, 2),
    };
    Some((part.get(..at)?, part.get(at + long..)?))
}

fn is_event(head: &[u8], inside: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let said = head.lines().find_map(|line| line.strip_prefix("content-type:"));
    match said {
        Some(kind) => kind.contains("json") || kind.contains("xml"),
        None => matches!(inside.trim_ascii_start().first(), Some(b'{' | b'<')),
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len().max(1)).position(|window| window == what)
}
