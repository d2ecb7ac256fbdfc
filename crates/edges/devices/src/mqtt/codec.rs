//! MQTT 3.1.1 as a subscriber speaks it (OASIS standard of 2014-10-29). Chapter numbers are those of the standard.

/// Largest message that is looked into. A larger one is passed over, and acknowledged, so that it does not come for ever.
pub const MESSAGE_MAX: usize = 256 * 1024;
/// Longest topic and other fields before the payload.
const HEAD_MAX: usize = 64 * 1024 + 4;

/// What the broker sends cannot be read: the connection is of no more use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker does not speak MQTT 3.1.1")]
pub struct Broken;

/// A packet of the broker (2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The connection is accepted, or not (3.2).
    Connected {
        /// The broker kept what came for us meanwhile.
        session: bool,
        /// 0 when it is accepted.
        code: u8,
    },
    /// A message (3.3).
    Message(Message<'a>),
    /// Subscriptions were granted, or not (3.9): 128 is a refusal.
    Subscribed(&'a [u8]),
    /// The broker lives (3.13).
    Pong,
    /// An acknowledgement of ours to something, of no interest.
    Other,
}

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// The topic.
    pub topic: &'a str,
    /// What is in it; nothing for one that is too large.
    pub payload: Option<&'a [u8]>,
    /// The number to acknowledge it by, when it must be (QoS 1).
    pub id: Option<u16>,
    /// It may have come before.
    pub again: bool,
    /// It is the last state.
    pub retained: bool,
}

/// Reads the packet at the beginning, and how many bytes it takes, which may be more than are there yet for a message that is passed
/// over. Nothing, while it is not whole.
///
/// # Errors
/// When it is none.
pub fn read(bytes: &[u8]) -> Result<Option<(Packet<'_>, usize)>, Broken> {
    let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
    // Flags of all but messages are fixed (2.2.2), so that something else than a broker is noticed at its first byte.
    if !matches!(first, 0x20 | 0x30..=0x3F | 0x40 | 0x50 | 0x62 | 0x70 | 0x90 | 0xB0 | 0xD0) {
        return Err(Broken);
    }
    let Some((length, digits)) = length(rest)? else { return Ok(None) };
    let (head, whole) = (1 + digits, 1 + digits + length);
    let body = bytes.get(head..).unwrap_or_default();
    let large = length > MESSAGE_MAX;
    if large && first >> 4 != 3 {
        return Err(Broken);
    }
    if body.len() < if large { HEAD_MAX.min(length) } else { length } {
        return Ok(None);
    }
    let body = body.get(..length).unwrap_or(body);
    let packet = match first >> 4 {
        2 => match body {
            [flags, code] => Packet::Connected { session: flags & 1 == 1, code: *code },
            _ => return Err(Broken),
        },
        3 => Packet::Message(message(*first, body, large)?),
        9 => Packet::Subscribed(body.get(2..).ok_or(Broken)?),
        13 => Packet::Pong,
        4..=7 | 11 => Packet::Other,
        _ => return Err(Broken),
    };
    Ok(Some((packet, whole)))
}

fn message(flags: u8, body: &[u8], large: bool) -> Result<Message<'_>, Broken> {
    let (topic, rest) = text(body)?;
    let (id, payload) = match (flags >> 1) & 3 {
        0 => (None, rest),
        // QoS 2 is never asked for.
        1 => {
            let (id, payload) = rest.split_first_chunk::<2>().ok_or(Broken)?;
            (Some(u16::from_be_bytes(*id)).filter(|id| *id > 0), payload)
        }
        _ => return Err(Broken),
    };
    Ok(Message { topic, payload: (!large).then_some(payload), id, again: flags & 8 != 0, retained: flags & 1 != 0 })
}

/// A text with its length before it (1.5.3).
fn text(bytes: &[u8]) -> Result<(&str, &[u8]), Broken> {
    let (length, rest) = bytes.split_first_chunk::<2>().ok_or(Broken)?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(Broken)?;
    Ok((std::str::from_utf8(text).map_err(|_| Broken)?, rest))
}

/// The remaining length and its digits (2.2.3).
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Broken> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 127) << (7 * place);
        if byte & 128 == 0 {
            return Ok(Some((value, place + 1)));
        }
    }
    if bytes.len() >= 4 { Err(Broken) } else { Ok(None) }
}

fn put_length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let digit = u8::try_from(length & 127).unwrap_or(0);
        length >>= 7;
        out.push(if length > 0 { digit | 128 } else { digit });
        if length == 0 {
            return;
        }
    }
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(text.iter().take(usize::from(length)));
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    put_length(&mut out, body.len());
    out.extend(body);
    out
}

/// Asks to be connected (3.1). Without `clean` the broker keeps what comes for this id while it is away.
#[must_use]
pub fn connect(id: &str, login: Option<(&str, &str)>, keep_alive_secs: u16, clean: bool) -> Vec<u8> {
    let mut body = Vec::new();
    put_text(&mut body, b"MQTT");
    body.push(4);
    body.push(u8::from(clean) << 1 | if login.is_some() { 0b1100_0000 } else { 0 });
    body.extend(keep_alive_secs.to_be_bytes());
    put_text(&mut body, id.as_bytes());
    if let Some((user, password)) = login {
        put_text(&mut body, user.as_bytes());
        put_text(&mut body, password.as_bytes());
    }
    packet(0x10, &body)
}

/// Subscribes with QoS 1 (3.8).
#[must_use]
pub fn subscribe<'a>(id: u16, filters: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    for filter in filters {
        put_text(&mut body, filter.as_bytes());
        body.push(1);
    }
    packet(0x82, &body)
}

/// Ends subscriptions (3.10).
#[must_use]
pub fn unsubscribe<'a>(id: u16, filters: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    for filter in filters {
        put_text(&mut body, filter.as_bytes());
    }
    packet(0xA2, &body)
}

/// Acknowledges a message (3.4).
pub fn acknowledge(out: &mut Vec<u8>, id: u16) {
    out.extend([0x40, 2]);
    out.extend(id.to_be_bytes());
}

/// Publishes a message; with an id as QoS 1, otherwise as QoS 0 (3.3). Linli publishes nothing itself: for measuring and for tests.
#[must_use]
pub fn publish(topic: &str, payload: &[u8], id: Option<u16>, retain: bool) -> Vec<u8> {
    let mut body = Vec::with_capacity(payload.len() + topic.len() + 4);
    put_text(&mut body, topic.as_bytes());
    if let Some(id) = id {
        body.extend(id.to_be_bytes());
    }
    body.extend(payload);
    packet(0x30 | u8::from(retain) | if id.is_some() { 2 } else { 0 }, &body)
}

/// Asks whether the broker lives (3.12).
pub const PING: [u8; 2] = [0xC0, 0];
/// Takes leave (3.14).
pub const LEAVE: [u8; 2] = [0xE0, 0];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_published_is_read() {
        let sent = publish("a/b", b"{}", Some(7), true);
        let message = Message { topic: "a/b", payload: Some(b"{}"), id: Some(7), again: false, retained: true };
        assert_eq!(read(&sent), Ok(Some((Packet::Message(message), sent.len()))));
        for cut in 0..sent.len() {
            assert_eq!(read(&sent[..cut]), Ok(None));
        }
        let long = publish("a", &[b'x'; 300], None, false);
        assert_eq!(read(&long).unwrap().unwrap().1, 1 + 2 + 303);
    }

    #[test]
    fn a_message_that_is_too_large_is_known_by_its_head() {
        let sent = publish("a", &vec![0; MESSAGE_MAX + 1], Some(9), false);
        assert_eq!(read(&sent[..1_000]), Ok(None));
        let (packet, whole) = read(&sent[..HEAD_MAX + 10]).unwrap().unwrap();
        assert_eq!(whole, sent.len());
        let Packet::Message(message) = packet else { panic!("a message") };
        assert_eq!((message.topic, message.payload, message.id), ("a", None, Some(9)));
    }

    #[test]
    fn a_connection_is_asked_for_as_the_standard_says() {
        assert_eq!(connect("id", None, 60, true), b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02id");
        assert_eq!(connect("i", Some(("u", "p")), 60, false), b"\x10\x13\x00\x04MQTT\x04\xc0\x00\x3c\x00\x01i\x00\x01u\x00\x01p");
        assert_eq!(subscribe(1, ["a/#"]), b"\x82\x08\x00\x01\x00\x03a/#\x01");
        assert_eq!(read(b"\x20\x02\x01\x00"), Ok(Some((Packet::Connected { session: true, code: 0 }, 4))));
        assert_eq!(read(b"\x90\x04\x00\x01\x01\x80"), Ok(Some((Packet::Subscribed(b"\x01\x80"), 6))));
        assert_eq!(read(b"HTTP/1.1 400"), Err(Broken));
        assert_eq!(read(b"\x30\xff\xff\xff\xff"), Err(Broken));
        assert_eq!(read(b"\x34\x05\x00\x01a\x00\x01"), Err(Broken), "QoS 2 was not asked for");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
        }
    }
}
