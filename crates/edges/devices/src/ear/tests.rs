//! The rules of the table, one by one.

use linli_kernel::PlacePath;
use linli_rulebook::Rulebook;
use linli_watch::SignKind;

use super::*;
use crate::model::DeviceKind;
use crate::payload::Label;
use crate::rules::PACKS;

const NOW: i64 = 1_795_392_000;

struct Desk {
    ear: Ear,
    known: Known,
    rule: std::sync::Arc<linli_rulebook::Rule<Hearing>>,
}

impl Desk {
    fn of(kind: DeviceKind) -> Self {
        let book = Rulebook::builtin(&PACKS).unwrap();
        let rule = Hearing::at(&book, &PlacePath::root(), at(NOW)).unwrap();
        Self { ear: Ear::default(), known: Known::hearing(kind, &[("", 1), ("a", 2)]), rule }
    }

    fn hear(&self, said: Said, arrival: Arrival) -> Outcome {
        self.ear.hear(&self.known, &self.rule.value, &said, arrival)
    }

    /// When a message that was heard counts.
    fn time(&self, noticed: Noticed, arrival: Arrival) -> i64 {
        match self.hear(Said::Sign(noticed), arrival) {
            Outcome::Sign(sign) => sign.at,
            other => panic!("{other:?}"),
        }
    }

    fn dropped(&self, why: &'static str) -> i64 {
        let gathered = self.ear.gathered.lock().unwrap();
        gathered.get(&DistrictId(1)).and_then(|all| all.dropped.get(&(self.known.id, why))).copied().unwrap_or_default()
    }
}

const fn at(seconds: i64) -> Ts {
    Ts(seconds * 1_000_000)
}

const fn now(seconds: i64) -> Arrival {
    Arrival::now(at(seconds))
}

fn timed(seconds: i64) -> Noticed {
    Noticed { at: Some(seconds), ..Noticed::default() }
}

#[test]
fn a_door_that_rattles_opens_once() {
    let desk = Desk::of(DeviceKind::Contact);
    let says = |open, seconds| desk.hear(Said::Contact { open }, now(seconds));
    assert_eq!(says(false, NOW), Outcome::Nothing);
    let Outcome::Sign(sign) = says(true, NOW + 10) else { panic!("an opening") };
    assert_eq!((sign.kind, sign.at), (SignKind::Door, NOW + 10));
    for (open, seconds) in [(false, 10), (true, 11), (true, 11), (false, 16), (false, 16)] {
        assert_eq!(says(open, NOW + seconds), Outcome::Nothing, "{open} at {seconds}");
    }
    assert!(matches!(says(true, NOW + 60), Outcome::Sign(_)));
}

#[test]
fn a_retained_state_is_what_was_before() {
    let desk = Desk::of(DeviceKind::Contact);
    let retained = Arrival { retained: true, ..now(NOW) };
    assert_eq!(desk.hear(Said::Contact { open: true }, retained), Outcome::Nothing);
    assert_eq!(desk.hear(Said::Contact { open: true }, now(NOW + 60)), Outcome::Nothing, "it stood open already");
    assert_eq!(desk.hear(Said::Sign(Noticed::default()), retained), Outcome::Nothing);
    let other = Desk::of(DeviceKind::Contact);
    other.hear(Said::Contact { open: true }, retained);
    assert!(other.ear.gathered.lock().unwrap().is_empty(), "the device is not heard by what the broker remembers");
}

#[test]
fn what_a_meter_counts_by_itself_is_nobody() {
    let desk = Desk::of(DeviceKind::Power);
    let reads = |wh: u64, seconds| desk.hear(Said::Count { milli: wh * 1_000 }, now(seconds));
    assert_eq!(reads(1_000, NOW), Outcome::Nothing, "nothing to hold it against");
    assert_eq!(reads(1_110, NOW + 3_600), Outcome::Nothing, "the refrigerator");
    assert_eq!(reads(1_140, NOW + 3_660), Outcome::Nothing, "less than is a sign");
    assert!(matches!(reads(1_340, NOW + 7_260), Outcome::Sign(sign) if sign.kind == SignKind::Use), "somebody cooked");
    assert_eq!(reads(12, NOW + 7_320), Outcome::Nothing, "another meter begins anew");
    assert!(matches!(reads(200, NOW + 7_400), Outcome::Sign(_)));
}

#[test]
fn the_same_event_is_one() {
    let desk = Desk::of(DeviceKind::Frigate);
    let event = |once| Said::Sign(Noticed { label: Label::of("a"), once: Some(once), ..timed(NOW) });
    assert!(matches!(desk.hear(event(1), now(NOW)), Outcome::Sign(_)));
    for _ in 0..4_000 {
        assert_eq!(desk.hear(event(1), now(NOW)), Outcome::Dropped(REPEATED));
    }
    assert_eq!(desk.dropped(REPEATED), 4_000);
    assert!(matches!(desk.hear(event(2), now(NOW)), Outcome::Sign(_)));
    let again = Said::Sign(Noticed { label: Label::of("a"), again: true, ..timed(NOW) });
    assert_eq!(desk.hear(again, now(NOW)), Outcome::Dropped(REPEATED));
    let stranger = Said::Sign(Noticed { label: Label::of("b"), ..timed(NOW) });
    assert_eq!(desk.hear(stranger, now(NOW)), Outcome::Dropped(UNKNOWN_PERSON));
}

#[test]
fn only_so_many_events_are_kept_in_mind() {
    let desk = Desk::of(DeviceKind::Frigate);
    for once in 0..10_000 {
        desk.hear(Said::Sign(Noticed { once: Some(once), ..timed(NOW) }), now(NOW));
    }
    let before = desk.ear.before.lock().unwrap();
    let kept = before.get(&desk.known.id).unwrap();
    assert_eq!((kept.events.len(), kept.order.len()), (EVENTS_MAX, EVENTS_MAX));
}

#[test]
fn when_it_counts_as_having_happened() {
    let desk = Desk::of(DeviceKind::Onvif);
    assert_eq!(desk.time(Noticed::default(), now(NOW)), NOW, "no time: when it was received");
    assert_eq!(desk.time(timed(NOW - 7_200), now(NOW)), NOW - 7_200, "in the past: from then");
    assert_eq!(desk.time(timed(NOW + 200), now(NOW)), NOW, "clocks differ a little");
    assert_eq!(desk.dropped(CLOCK_WRONG), 0);
    assert_eq!(desk.time(timed(NOW + 31_536_000), now(NOW)), NOW, "a year ahead: the clock of the device is wrong");
    assert_eq!(desk.dropped(CLOCK_WRONG), 1);
    let kept = Arrival { kept_since: Some(at(NOW - 36_000)), ..now(NOW) };
    assert_eq!(desk.time(Noticed::default(), kept), NOW - 36_000, "kept by the broker, at some time since then");
    assert_eq!(desk.time(timed(NOW - 60), kept), NOW - 60, "its own time is better");
}

#[test]
fn a_device_that_says_it_happens_now_is_believed_about_that() {
    let desk = Desk::of(DeviceKind::Access);
    assert_eq!(desk.time(timed(NOW - 28_800), now(NOW)), NOW, "eight hours behind");
    assert_eq!(desk.dropped(CLOCK_WRONG), 1);
    let history = Noticed { history: true, ..timed(NOW - 28_800) };
    assert_eq!(desk.time(history, now(NOW)), NOW - 28_800);
}

#[test]
fn a_device_that_is_gone_is_heard_again_by_the_next_word() {
    let desk = Desk::of(DeviceKind::Frigate);
    let (id, gathered) = (desk.known.id, || desk.ear.gathered().remove(&DistrictId(1)).unwrap_or_default());
    desk.hear(Said::Alive, now(NOW));
    assert_eq!(gathered().heard.len(), 1);
    desk.hear(Said::Alive, now(NOW + 1));
    assert_eq!(gathered(), Gathered::default(), "once an hour is enough");
    desk.hear(Said::Gone, now(NOW + 2));
    let said = gathered();
    assert_eq!((said.gone.get(&id), said.heard.len()), (Some(&at(NOW + 2)), 0));
    desk.hear(Said::Alive, now(NOW + 3));
    desk.hear(Said::Gone, now(NOW + 4));
    let said = gathered();
    assert_eq!((said.gone.get(&id), said.heard.len()), (Some(&at(NOW + 4)), 1), "it was heard before it went, within one minute");
    desk.ear.put_back(DistrictId(1), said);
    let said = gathered();
    assert_eq!((said.gone.len(), said.heard.len()), (1, 1), "also when it could not be written down at first");
    desk.hear(Said::Alive, now(NOW + 5));
    let said = gathered();
    assert_eq!((said.gone.len(), said.heard.len()), (0, 1), "in the same hour");
}

#[test]
fn what_could_not_be_written_down_is_there_the_next_time() {
    let desk = Desk::of(DeviceKind::Onvif);
    desk.hear(Said::Gone, now(NOW));
    desk.ear.dropped(&desk.known, REPEATED, 3);
    let old = desk.ear.gathered().remove(&DistrictId(1)).unwrap();
    desk.ear.dropped(&desk.known, REPEATED, 2);
    desk.hear(Said::Alive, now(NOW + 60));
    desk.ear.put_back(DistrictId(1), old);
    assert_eq!(desk.dropped(REPEATED), 5);
    let all = desk.ear.gathered().remove(&DistrictId(1)).unwrap();
    assert_eq!((all.heard.len(), all.gone.len()), (1, 0), "heard since");
}

#[test]
fn who_withdraws_is_forgotten_and_nobody_else() {
    let book = Rulebook::builtin(&PACKS).unwrap();
    let rule = Hearing::at(&book, &PlacePath::root(), at(NOW)).unwrap();
    let ear = Ear::default();
    let device = |n: u128, district: i64, labels: &[(&str, u128)]| {
        let mut known = Known::hearing(DeviceKind::Frigate, labels);
        (known.id, known.district) = (DeviceId(uuid::Uuid::from_u128(n)), DistrictId(district));
        known
    };
    let shared = device(1, 1, &[("a", 10), ("b", 11)]);
    let own = device(2, 1, &[("a", 10)]);
    let elsewhere = device(3, 2, &[("a", 10)]);
    let seen = |known: &Known, label: &str, once| {
        let noticed = Noticed { label: Label::of(label), once: Some(once), ..Noticed::default() };
        matches!(ear.hear(known, &rule.value, &Said::Sign(noticed), now(NOW)), Outcome::Sign(_))
    };
    for (known, label, once) in [(&shared, "a", 1), (&shared, "b", 2), (&own, "a", 3), (&elsewhere, "a", 4)] {
        assert!(seen(known, label, once) && !seen(known, label, once));
    }
    // Person 10 withdrew in district 1: the second device hears nobody any more.
    let still = HashMap::from([(shared.id, HashSet::from([ShortId::of(11)]))]);
    ear.keep_only(DistrictId(1), &still);
    assert!(!seen(&shared, "b", 2), "what was said of others is known still: a repetition is no sign of life");
    assert!(!seen(&elsewhere, "a", 4), "another district is not touched");
    assert!(seen(&shared, "a", 1) && seen(&own, "a", 3), "of whoever withdrew nothing is kept in mind");
}

#[test]
fn a_face_of_whoever_did_not_agree_to_that_is_dropped_and_counted() {
    let seen = || Said::Sign(Noticed { label: Label::of("a"), ..Noticed::default() });
    let desk = Desk::of(DeviceKind::Frigate);
    assert!(matches!(desk.hear(seen(), now(NOW)), Outcome::Sign(_)));
    let desk = Desk {
        known: Known::hearing(DeviceKind::Frigate, &[("", 1), ("a", 2)]).without_faces(),
        ..Desk::of(DeviceKind::Frigate)
    };
    assert_eq!(desk.hear(seen(), now(NOW)), Outcome::Dropped(NO_FACE_CONSENT));
    assert_eq!(desk.dropped(NO_FACE_CONSENT), 1);
    // What knows nobody by the face is not asked.
    let desk = Desk { known: Known::hearing(DeviceKind::Access, &[("a", 2)]).without_faces(), ..Desk::of(DeviceKind::Access) };
    assert!(matches!(desk.hear(seen(), now(NOW)), Outcome::Sign(_)));
}
