//! What came from a broker and is not read yet: bytes that live as long as the connection, which may be weeks. A message names somebody's label and
//! says when something was heard, so what was read is written over at once, and everything when the connection ends.

use crate::wiped::wipe;

/// The bytes of a connection that are not read yet, at the front; behind them nothing but zeros.
#[derive(Debug)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    end: usize,
}

impl Inbox {
    /// With room for so many bytes; it widens when a message is larger.
    pub(super) fn of(room: usize) -> Self {
        Self { bytes: vec![0; room.max(1)], end: 0 }
    }

    /// Where the next bytes may be put; never empty. Say with [`Self::came`] how many were.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.end >= self.bytes.len() {
            let mut wider = vec![0; self.bytes.len().saturating_mul(2).max(1)];
            for (to, from) in wider.iter_mut().zip(&self.bytes) {
                *to = *from;
            }
            // What is given back is given back empty.
            wipe(&mut self.bytes);
            self.bytes = wider;
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes came into the room.
    pub(super) fn came(&mut self, read: usize) {
        self.end = self.end.saturating_add(read).min(self.bytes.len());
    }

    /// What is not read yet.
    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }

    /// The first bytes were read, at most those there are. What follows moves to the front, and nothing stays behind it.
    pub(super) fn done(&mut self, read: usize) {
        let read = read.min(self.end);
        self.bytes.copy_within(read..self.end, 0);
        let left = self.end - read;
        wipe(self.bytes.get_mut(left..self.end).unwrap_or_default());
        self.end = left;
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(inbox: &mut Inbox, bytes: &[u8]) {
        for byte in bytes {
            inbox.room()[0] = *byte;
            inbox.came(1);
        }
    }

    #[test]
    fn nothing_that_was_read_stays_in_it() {
        let mut inbox = Inbox::of(8);
        put(&mut inbox, b"grandmother at the door, ");
        assert_eq!(inbox.unread(), b"grandmother at the door, ", "wider than it was made");
        inbox.done(12);
        put(&mut inbox, b"again");
        assert_eq!(inbox.unread(), b"at the door, again");
        let behind = inbox.bytes.get(inbox.end..).unwrap();
        assert!(behind.iter().all(|byte| *byte == 0), "what moved to the front is left behind it: {behind:?}");
        inbox.done(100);
        assert_eq!(inbox.unread(), b"");
        assert!(inbox.bytes.iter().all(|byte| *byte == 0), "{:?}", inbox.bytes);
        assert!(!inbox.room().is_empty());
    }
}
