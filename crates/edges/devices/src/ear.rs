//! From what devices say to signs of somebody: what was said before, whose it is, when it counts as having happened.
//!
//! # Rules
//!
//! | What comes | What is done |
//! |---|---|
//! | An event that was said before (the same event of the same device, also after a reconnection) | Counted as repeated. |
//! | A contact that opens | A sign, unless it opened less than `opening_secs` ago. Closing is none. |
//! | A meter | A sign when more was used than runs by itself. A count that went back begins anew. |
//! | A retained message (a state that the broker tells whoever subscribes) | The state of a contact and of a meter is taken as what was before. It is no sign, and the device is not heard by it. |
//! | A last will, `offline` | The device is gone; silent after `gone_minutes`. Of anybody it says nothing. |
//! | No time in the message | When it was received. What a broker kept while we were away counts as of when we were last there: it happened since then and nobody knows when. |
//! | A time of the device's own, in the past | It counts from then. |
//! | The same, of an event that the device says is happening now, or in the future by more than `clock_tolerance_secs` | The clock of the device is wrong: counted, and taken as of when it was received. |
//! | History (the device hands in what it kept) | As of its own time. |

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use linli_kernel::{DistrictId, Ts};
use linli_watch::ShortId;

use crate::door::Sign;
use crate::model::DeviceId;
use crate::payload::{Noticed, Said};
use crate::quarantine::Sighting;
use crate::registry::Known;
use crate::rules::Hearing;

/// Events of a device that are known again.
const EVENTS_MAX: usize = 512;
/// Shapes that are gathered before they are written down; more of them are only counted.
const SHAPES_GATHERED: usize = 256;

/// How a message came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// When it was received.
    pub at: Ts,
    /// It is the last state, told because we subscribed.
    pub retained: bool,
    /// The broker kept it while we were away; since when we were.
    pub kept_since: Option<Ts>,
}

impl Arrival {
    /// Here and now.
    #[must_use]
    pub const fn now(at: Ts) -> Self {
        Self { at, retained: false, kept_since: None }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A sign, for the door.
    Sign(Sign),
    /// Nothing of anybody.
    Nothing,
    /// Dropped, and why.
    Dropped(&'static str),
}

/// Dropped: nobody has this label at this device.
pub const UNKNOWN_PERSON: &str = "unknown_person";
/// Dropped: a face said who it was, and that person did not agree to it.
pub const NO_FACE_CONSENT: &str = "no_face_consent";
/// Dropped: said before.
pub const REPEATED: &str = "repeated";
/// Taken as of another time than the device says.
pub const CLOCK_WRONG: &str = "clock_wrong";

/// What was gathered of a district.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Gathered {
    /// The hours in which devices were heard.
    pub(crate) heard: BTreeMap<DeviceId, Ts>,
    /// When devices were said to be gone.
    pub(crate) gone: BTreeMap<DeviceId, Ts>,
    /// What was dropped.
    pub(crate) dropped: BTreeMap<(DeviceId, &'static str), i64>,
    /// What nobody understands.
    pub(crate) shapes: Vec<Sighting>,
}

#[derive(Debug)]
struct Before {
    district: DistrictId,
    /// The hour that was gathered last, so that one message an hour is enough.
    hour: Option<Ts>,
    gone: bool,
    open: Option<bool>,
    opened_at: Option<i64>,
    count: Option<(u64, i64)>,
    /// Each with whose it was.
    events: HashMap<u64, ShortId>,
    order: VecDeque<u64>,
}

impl Before {
    /// Of a device of which nothing is known.
    fn nothing(district: DistrictId) -> Self {
        let (events, order) = (HashMap::new(), VecDeque::new());
        Self { district, hour: None, gone: false, open: None, opened_at: None, count: None, events, order }
    }

    /// Whether an event is said for the first time.
    fn first_time(&mut self, event: u64, whose: ShortId) -> bool {
        if self.events.insert(event, whose).is_some() {
            return false;
        }
        self.order.push_back(event);
        if self.order.len() > EVENTS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.events.remove(&oldest);
        }
        true
    }
}

/// What is kept in mind. It is nowhere else: after a restart a door that stands open is one of which nothing is known.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    before: Mutex<HashMap<DeviceId, Before>>,
    gathered: Mutex<BTreeMap<DistrictId, Gathered>>,
    /// Something was heard for the first time in an hour: whoever writes it down need not wait for the next minute.
    pub(crate) woke: tokio::sync::Notify,
}

/// The hour that an instant lies in. Nothing finer is written down: it would say when somebody opened the door.
pub(crate) const fn hour(at: Ts) -> Ts {
    Ts(at.0 - at.0.rem_euclid(3_600_000_000))
}

const fn seconds(at: Ts) -> i64 {
    at.0.div_euclid(1_000_000)
}

impl Ear {
    /// Hears one message of a device.
    pub(crate) fn hear(&self, known: &Known, rule: &Hearing, said: &Said, arrival: Arrival) -> Outcome {
        match said {
            Said::Gone => {
                if !arrival.retained || self.is_new(known) {
                    self.gone(known, arrival.at);
                }
                return Outcome::Nothing;
            }
            _ if arrival.retained => {}
            _ => self.heard(known, arrival.at),
        }
        let noticed = match said {
            Said::Alive | Said::Gone => None,
            Said::Sign(noticed) => (!arrival.retained).then(|| noticed.clone()),
            Said::Contact { open } => self.opens(known, rule, *open, arrival).then(Noticed::default),
            Said::Count { milli } => self.used(known, rule, *milli, arrival).then(Noticed::default),
        };
        let Some(noticed) = noticed else { return Outcome::Nothing };
        let outcome = self.judge(known, rule, &noticed, arrival);
        if let Outcome::Dropped(why) = outcome {
            self.dropped(known, why, 1);
        }
        outcome
    }

    fn judge(&self, known: &Known, rule: &Hearing, noticed: &Noticed, arrival: Arrival) -> Outcome {
        let label = noticed.label.as_ref().map(crate::payload::Label::as_str);
        let Some(person) = known.person(label) else { return Outcome::Dropped(UNKNOWN_PERSON) };
        if known.kind.knows_faces() && !known.may_use_face_of(person) {
            return Outcome::Dropped(NO_FACE_CONSENT);
        }
        let first = noticed.once.is_none_or(|event| self.with(known, |before| before.first_time(event, person)));
        if !first || noticed.again {
            return Outcome::Dropped(REPEATED);
        }
        let received = seconds(arrival.at);
        let at = match (noticed.at, arrival.kept_since) {
            (None, Some(since)) => seconds(since).min(received),
            (None, None) => received,
            (Some(at), _) if noticed.history => at,
            (Some(at), _) => {
                let ahead = at - received > rule.clock_tolerance_secs();
                let live = known.kind == crate::model::DeviceKind::Access;
                let wrong = ahead || (live && (received - at) > rule.clock_tolerance_secs());
                if wrong {
                    self.dropped(known, CLOCK_WRONG, 1);
                }
                if wrong { received } else { at.min(received.max(0)) }
            }
        };
        let kind = noticed.kind.unwrap_or(known.means);
        Outcome::Sign(Sign { person, kind, at: at.clamp(0, i64::from(u32::MAX)) })
    }

    fn opens(&self, known: &Known, rule: &Hearing, open: bool, arrival: Arrival) -> bool {
        let now = seconds(arrival.at);
        self.with(known, |before| {
            let was = before.open.replace(open);
            if arrival.retained || !open || was == Some(true) {
                return false;
            }
            let again = before.opened_at.is_some_and(|at| (now - at).abs() < rule.opening_secs());
            before.opened_at = Some(now);
            !again
        })
    }

    fn used(&self, known: &Known, rule: &Hearing, milli: u64, arrival: Arrival) -> bool {
        let now = seconds(arrival.at);
        let Some(limits) = rule.use_of(known.kind) else { return false };
        self.with(known, |before| {
            let was = before.count.replace((milli, now));
            let Some((was, at)) = was.filter(|_| !arrival.retained) else { return false };
            let Some(used) = milli.checked_sub(was) else { return false };
            let idle = limits.idle_milli_per_hour.saturating_mul(u64::try_from(now - at).unwrap_or(0)) / 3_600;
            used >= limits.least_milli && used > idle
        })
    }

    fn with<T>(&self, known: &Known, ask: impl FnOnce(&mut Before) -> T) -> T {
        let mut all = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        ask(all.entry(known.id).or_insert_with(|| Before::nothing(known.district)))
    }

    fn is_new(&self, known: &Known) -> bool {
        self.with(known, |before| before.hour.is_none() && !before.gone)
    }

    fn gather(&self, district: DistrictId, put: impl FnOnce(&mut Gathered)) {
        put(self.gathered.lock().unwrap_or_else(PoisonError::into_inner).entry(district).or_default());
    }

    /// A device was heard.
    pub(crate) fn heard(&self, known: &Known, at: Ts) {
        let hour = hour(at);
        let news = self.with(known, |before| {
            let news = before.hour != Some(hour) || before.gone;
            (before.hour, before.gone) = (Some(hour), false);
            news
        });
        if news {
            self.gather(known.district, |gathered| {
                gathered.heard.insert(known.id, hour);
                gathered.gone.remove(&known.id);
            });
            self.woke.notify_one();
        }
    }

    fn gone(&self, known: &Known, at: Ts) {
        self.with(known, |before| before.gone = true);
        self.gather(known.district, |gathered| {
            // What was heard before is written down all the same, and first: a device that spoke and went was heard.
            gathered.gone.entry(known.id).or_insert(at);
        });
    }

    /// Something of a device was dropped.
    pub(crate) fn dropped(&self, known: &Known, why: &'static str, n: u64) {
        if n > 0 {
            let n = i64::try_from(n).unwrap_or(i64::MAX);
            self.gather(known.district, |gathered| *gathered.dropped.entry((known.id, why)).or_default() += n);
        }
    }

    /// A message that nobody understands.
    pub(crate) fn puzzled(&self, district: DistrictId, seen: Sighting) {
        self.gather(district, |gathered| {
            let room = gathered.shapes.len() < SHAPES_GATHERED;
            match gathered.shapes.iter_mut().find(|known| known.id == seen.id) {
                Some(known) => (known.n, known.last_at) = (known.n + seen.n, seen.last_at),
                None if room => gathered.shapes.push(seen),
                None => {}
            }
        });
    }

    /// Takes what was gathered.
    pub(crate) fn gathered(&self) -> BTreeMap<DistrictId, Gathered> {
        std::mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts back what could not be written down, under what came meanwhile.
    pub(crate) fn put_back(&self, district: DistrictId, old: Gathered) {
        self.gather(district, |gathered| {
            for (id, at) in old.gone {
                // What was heard since then took it back.
                if !gathered.heard.contains_key(&id) {
                    gathered.gone.insert(id, at);
                }
            }
            for (id, hour) in old.heard {
                gathered.heard.entry(id).or_insert(hour);
            }
            for (what, n) in old.dropped {
                *gathered.dropped.entry(what).or_default() += n;
            }
            gathered.shapes.extend(old.shapes);
        });
    }

    /// An event could not be brought to the watch and will come again: it was not said yet.
    pub(crate) fn unsay(&self, known: &Known, said: &Said) {
        self.with(known, |before| match said {
            Said::Sign(noticed) => {
                if let Some(event) = noticed.once {
                    before.events.remove(&event);
                    before.order.retain(|kept| *kept != event);
                }
            }
            Said::Contact { .. } => (before.open, before.opened_at) = (Some(false), None),
            // What was used is in the next reading too; only the time against which it is held would be shorter.
            Said::Count { .. } | Said::Alive | Said::Gone => {}
        });
    }

    /// Somebody withdrew: of the devices of a district only what they said of these people is kept, and nothing of one that hears nobody now.
    pub(crate) fn keep_only(&self, district: DistrictId, people: &HashMap<DeviceId, HashSet<ShortId>>) {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).retain(|device, before| {
            if before.district != district {
                return true;
            }
            let Some(heard) = people.get(device) else { return false };
            before.events.retain(|_, whose| heard.contains(whose));
            let Before { events, order, .. } = before;
            order.retain(|event| events.contains_key(event));
            true
        });
    }

    /// Forgets what devices said before: it comes again.
    pub(crate) fn forget(&self) {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests;
