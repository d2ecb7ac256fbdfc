//! What has just been committed, told to whoever listens in this process: live pages and caches.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use linli_kernel::{DistrictId, PlacePath};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::conn::Conn;
use crate::error::Result;
use crate::journal;

/// The public head of a committed journal line. It carries no facts: a listener looks up what it may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// District.
    pub district: DistrictId,
    /// Number of the line in its district.
    pub seq: i64,
    /// Where.
    pub place: PlacePath,
    /// What, e.g. `cases.reported`.
    pub kind: String,
    /// The record it is about.
    pub subject: Option<Uuid>,
}

/// How far the lines of a district have been told.
#[derive(Debug, Default)]
struct Told {
    /// Every line up to this number.
    upto: i64,
    /// Lines beyond it, told before the gap in front of them was read: another process wrote what is in it.
    ahead: BTreeSet<i64>,
}

impl Told {
    /// Whether a line is told for the first time.
    fn first_time(&mut self, seq: i64) -> bool {
        if seq <= self.upto || !self.ahead.insert(seq) {
            return false;
        }
        while self.ahead.remove(&(self.upto + 1)) {
            self.upto += 1;
        }
        true
    }
}

/// The hub. Every line is told once, whether this process wrote it or another one. A listener that falls behind by more than its buffer
/// is told so and reads the journal from its cursor.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    sender: broadcast::Sender<Arc<Published>>,
    told: Arc<Mutex<HashMap<DistrictId, Told>>>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::channel(4096).0, told: Arc::default() }
    }

    /// What was written before this process listened is told to nobody.
    pub(crate) fn begin(&self, seqs: Vec<(DistrictId, i64)>) {
        self.told().extend(seqs.into_iter().map(|(district, upto)| (district, Told { upto, ..Told::default() })));
    }

    pub(crate) fn publish(&self, lines: Vec<Arc<Published>>) {
        let mut told = self.told();
        for line in lines {
            if told.entry(line.district).or_default().first_time(line.seq) {
                // Nobody listening is fine.
                let _ = self.sender.send(line);
            }
        }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.sender.subscribe()
    }

    fn upto(&self, district: DistrictId) -> i64 {
        self.told().get(&district).map_or(0, |told| told.upto)
    }

    /// Reads and tells what other processes wrote.
    ///
    /// # Errors
    /// Store errors; nothing is lost, the next call reads it.
    pub(crate) async fn follow(&self, c: &mut Conn<'_>) -> Result<()> {
        for (district, last) in journal::all_last_seqs(c).await? {
            loop {
                let upto = self.upto(district);
                if upto >= last {
                    break;
                }
                let lines = journal::after(c, district, upto, 1000).await?;
                if lines.is_empty() {
                    break;
                }
                self.publish(
                    lines
                        .into_iter()
                        .map(|l| {
                            Arc::new(Published { district, seq: l.seq, place: l.place_path, kind: l.kind, subject: l.subject_id })
                        })
                        .collect(),
                );
            }
        }
        Ok(())
    }

    fn told(&self) -> MutexGuard<'_, HashMap<DistrictId, Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_once_and_none_is_missed() {
        let live = Live::new();
        live.begin(vec![(DistrictId(1), 7)]);
        let mut heard = live.subscribe();
        let line = |seq| {
            let place = PlacePath::root();
            Arc::new(Published { district: DistrictId(1), seq, place, kind: "x".to_owned(), subject: None })
        };
        // 8 and 9 are ours, 10 is another's, 11 is ours; 10 is read later, together with what lies around it.
        for lines in [vec![line(8), line(9)], vec![line(11)], vec![line(9), line(10), line(11), line(12)]] {
            live.publish(lines);
        }
        assert_eq!(live.upto(DistrictId(1)), 12);
        let mut seqs = Vec::new();
        while let Ok(line) = heard.try_recv() {
            seqs.push(line.seq);
        }
        assert_eq!(seqs, [8, 9, 11, 10, 12]);
    }
}
