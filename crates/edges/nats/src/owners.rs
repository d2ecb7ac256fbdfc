//! Who owns what, as far as it was heard. Decisions only: no wire, and the time is given.
//!
//! A process shows that it lives by writing its own key again and again. Its life is over for others when they have not seen that key change for
//! the whole lease, and for itself a good part earlier ([`Plan::lease`](crate::Plan)), each by a clock of its own that only runs forwards.
//! So nobody compares clocks of two machines, and a process that was stopped in between finds, before it does anything, that it is over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use linli_watch::{Shard, Shards};

/// How a key of the bucket reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// A process lives.
    Node(String),
    /// A part has an owner.
    Part(Shard),
}

impl Key {
    pub(crate) fn read(key: &str) -> Option<Self> {
        match key.split_once('.')? {
            ("node", name) => Some(Self::Node(name.to_owned())),
            ("part", number) => number.parse().ok().map(|number| Self::Part(Shard(number))),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Node(name) => format!("node.{name}"),
            Self::Part(shard) => format!("part.{}", shard.0),
        }
    }
}

/// What was heard.
#[derive(Debug)]
pub(crate) struct Owners {
    me: String,
    shards: Shards,
    lease: Duration,
    /// When each process was last seen to live, by our clock.
    lives: BTreeMap<String, Instant>,
    /// Who owns each part, and the revision of that key. Nobody: it was given back.
    parts: BTreeMap<Shard, (Option<String>, u64)>,
    /// Whether everything that was written before we came was heard.
    pub(crate) heard_all: bool,
}

impl Owners {
    pub(crate) fn new(me: &str, shards: Shards, lease: Duration) -> Self {
        Self { me: me.to_owned(), shards, lease, lives: BTreeMap::new(), parts: BTreeMap::new(), heard_all: false }
    }

    /// A key was written; without a value it was removed. What is older than what is known is passed over.
    pub(crate) fn heard(&mut self, key: Key, value: Option<String>, revision: u64, at: Instant) {
        match (key, value) {
            (Key::Node(name), Some(_)) => drop(self.lives.insert(name, at)),
            (Key::Node(name), None) => drop(self.lives.remove(&name)),
            (Key::Part(shard), owner) => {
                let known = self.parts.entry(shard).or_default();
                if known.1 < revision {
                    *known = (owner, revision);
                }
            }
        }
    }

    /// The revision under which a part is written down as ours, if it is.
    pub(crate) fn mine(&self, shard: Shard) -> Option<u64> {
        let (owner, revision) = self.parts.get(&shard)?;
        (owner.as_deref() == Some(&self.me)).then_some(*revision)
    }

    /// The revision that a part was last written under; 0 before the first.
    pub(crate) fn revision(&self, shard: Shard) -> u64 {
        self.parts.get(&shard).map_or(0, |(_, revision)| *revision)
    }

    fn lives(&self, name: &str, now: Instant) -> bool {
        self.lives.get(name).is_some_and(|seen| now.duration_since(*seen) < self.lease)
    }

    /// How many parts each process that lives ought to have at most.
    pub(crate) fn fair(&self, now: Instant) -> usize {
        let living: BTreeSet<&str> =
            self.lives.keys().map(String::as_str).filter(|name| self.lives(name, now)).chain([self.me.as_str()]).collect();
        usize::from(self.shards.many()).div_ceil(living.len())
    }

    /// Parts that may be claimed: nobody's, ours from an earlier life, those of processes that are over. `kept` are those that we keep.
    /// No more than make up our fair part; each process begins at another place, so that two of them seldom want the same.
    pub(crate) fn free(&self, kept: &BTreeSet<Shard>, now: Instant) -> Vec<Shard> {
        let room = self.fair(now).saturating_sub(kept.len());
        let begin = self.me.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        let many = usize::from(self.shards.many());
        let is_free = |shard: &Shard| match self.parts.get(shard) {
            Some((Some(owner), _)) => *owner == self.me || !self.lives(owner, now),
            Some((None, _)) | None => true,
        };
        let all: Vec<Shard> = self.shards.all().collect();
        let free = all.iter().copied().cycle().skip(begin % many).take(many);
        free.filter(|shard| !kept.contains(shard)).filter(is_free).take(room).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(10);

    fn owners(me: &str) -> Owners {
        Owners::new(me, Shards::new(8).unwrap(), LEASE)
    }

    fn lives(owners: &mut Owners, name: &str, at: Instant) {
        owners.heard(Key::Node(name.to_owned()), Some(String::new()), 1, at);
    }

    fn owns(owners: &mut Owners, name: &str, shard: u16, revision: u64) {
        owners.heard(Key::Part(Shard(shard)), Some(name.to_owned()), revision, Instant::now());
    }

    #[test]
    fn parts_of_a_process_are_free_when_it_was_silent_for_the_whole_lease() {
        let (mut owners, now) = (owners("b"), Instant::now());
        lives(&mut owners, "a", now);
        (0..4).for_each(|shard| owns(&mut owners, "a", shard, 7));
        let kept: BTreeSet<Shard> = (4..8).map(Shard).collect();
        assert_eq!(owners.free(&kept, now + LEASE - Duration::from_millis(1)), []);
        let free: BTreeSet<Shard> = owners.free(&kept, now + LEASE).into_iter().collect();
        assert_eq!(free, (0..4).map(Shard).collect());
        lives(&mut owners, "a", now + LEASE);
        assert_eq!(owners.free(&kept, now + LEASE), [], "it came back before anybody claimed");
    }

    #[test]
    fn nobody_takes_more_than_a_fair_part() {
        let (mut owners, now) = (owners("a"), Instant::now());
        assert_eq!(owners.free(&BTreeSet::new(), now).len(), 8, "alone");
        lives(&mut owners, "b", now);
        lives(&mut owners, "c", now);
        assert_eq!(owners.fair(now), 3);
        assert_eq!(owners.free(&BTreeSet::new(), now).len(), 3);
        assert_eq!(owners.free(&(0..2).map(Shard).collect(), now).len(), 1);
        owners.heard(Key::Node("c".to_owned()), None, 2, now);
        assert_eq!(owners.fair(now), 4, "it said that it goes");
    }

    #[test]
    fn what_was_ours_in_an_earlier_life_is_claimed_anew() {
        let (mut owners, now) = (owners("a"), Instant::now());
        lives(&mut owners, "a", now);
        (0..8).for_each(|shard| owns(&mut owners, "a", shard, 3));
        assert_eq!(owners.free(&BTreeSet::new(), now).len(), 8);
        assert_eq!(owners.mine(Shard(2)), Some(3));
        owns(&mut owners, "b", 2, 5);
        owns(&mut owners, "a", 2, 4);
        assert_eq!((owners.mine(Shard(2)), owners.revision(Shard(2))), (None, 5), "what is older is passed over");
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        for key in [Key::Node("east-1".to_owned()), Key::Part(Shard(255))] {
            assert_eq!(Key::read(&key.text()), Some(key));
        }
        assert_eq!(Key::read("parts"), None);
        assert_eq!(Key::read("part.x"), None);
    }
}
