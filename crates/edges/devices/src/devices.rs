//! What the doors for devices share: the registry, the gate to the watch, what is kept in mind.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use linli_db::{Db, DbError, Published};
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, SharedClock, Ts};
use linli_rulebook::{Rule, RuleError, Rulebook, SharedRulebook};
use linli_watch::ShortId;
use tokio::sync::watch;

use crate::door::{Gate, SignsDoor};
use crate::ear::{Arrival, Ear, Gathered, Outcome};
use crate::model::DeviceId;
use crate::mqtt::topics::Routes;
use crate::payload::{Rejection, Said, frigate, line, meter, onvif, zigbee};
use crate::quarantine::Sighting;
use crate::registry::{Known, Registry};
use crate::rules::Hearing;
use crate::store;

/// The office of devices. One for a house.
pub struct Devices {
    db: Db,
    clock: SharedClock,
    vault: Vault,
    book: SharedRulebook,
    gate: Gate,
    registry: Registry,
    ear: Ear,
}

impl std::fmt::Debug for Devices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Devices")
    }
}

impl Devices {
    /// Opens the doors for devices before whoever watches.
    #[must_use]
    pub fn new(db: Db, clock: SharedClock, vault: Vault, book: SharedRulebook, door: Arc<dyn SignsDoor>) -> Self {
        Self { db, clock, vault, book, gate: Gate::before(door), registry: Registry::default(), ear: Ear::default() }
    }

    /// Hears what was committed: pass it every published line. What is known by heart is read anew after a change; after somebody withdrew,
    /// what devices said of those who are heard no more is forgotten, and nothing else.
    pub async fn heard(&self, line: &Published) {
        if line.kind.starts_with("devices.") {
            self.registry.forget();
        }
        if line.kind == "devices.forgot" {
            match self.heard_still(line.district).await {
                Ok(people) => self.ear.keep_only(line.district, &people),
                // Rather too much than too little.
                Err(error) => {
                    tracing::warn!(%error, "whom devices hear still could not be read; all that they said is forgotten");
                    self.ear.forget();
                }
            }
        }
    }

    /// Whom the devices of a district hear.
    async fn heard_still(&self, district: DistrictId) -> Result<HashMap<DeviceId, HashSet<ShortId>>, DbError> {
        let mut people: HashMap<DeviceId, HashSet<ShortId>> = HashMap::new();
        for (device, person) in store::people_heard(&mut self.db.read().await?.conn(), district).await? {
            people.entry(device).or_default().insert(ShortId::of(person.as_u128()));
        }
        Ok(people)
    }

    /// Lines were missed: everything is read anew.
    pub fn missed(&self) {
        self.registry.forget();
    }

    /// Somebody agreed to something, or did not any more: whose face may say who it was is read anew where that is asked.
    pub fn agreed_anew(&self) {
        self.registry.forget();
    }

    /// Waits until something is heard that may be news of whom devices hear.
    pub async fn woken(&self) {
        self.ear.woke.notified().await;
    }

    /// The gate to the watch.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Ts {
        self.clock.now()
    }

    pub(crate) fn book(&self) -> Arc<Rulebook> {
        self.book.load()
    }

    pub(crate) fn hash(&self, token: &str) -> Vec<u8> {
        self.vault.lookup_hash(token)
    }

    /// The device that shows this token.
    pub(crate) async fn by_token(&self, token: &str) -> Result<Option<Arc<Known>>, DbError> {
        self.registry.by_token(&self.db, self.gate.door(), &self.hash(token)).await
    }

    pub(crate) async fn routes(&self) -> Result<Arc<Routes>, DbError> {
        self.registry.routes(&self.db, self.gate.door()).await
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.registry.changes()
    }

    pub(crate) fn rule(&self, known: &Known) -> Result<Arc<Rule<Hearing>>, RuleError> {
        Hearing::at(&self.book(), &known.place, self.now())
    }

    pub(crate) fn ear(&self) -> &Ear {
        &self.ear
    }

    pub(crate) fn gathered(&self) -> BTreeMap<DistrictId, Gathered> {
        self.ear.gathered()
    }

    pub(crate) fn put_back(&self, district: DistrictId, gathered: Gathered) {
        self.ear.put_back(district, gathered);
    }

    /// Hears a message that a broker brought of this device; gives the signs in it. What nobody understands goes to the quarantine.
    pub(crate) fn hear(&self, known: &Known, rule: &Hearing, (topic, payload): (&str, &[u8]), arrival: Arrival) -> Vec<Outcome> {
        if known.kind == crate::model::DeviceKind::Gateway {
            return self.lines(known, payload, arrival);
        }
        match said(known, rule, topic, payload) {
            Ok(Some(said)) => vec![self.ear.hear(known, rule, &said, arrival)],
            Ok(None) => Vec::new(),
            Err(rejection) => {
                self.puzzled(known, topic, payload, rejection, arrival.at);
                vec![Outcome::Dropped(rejection.code())]
            }
        }
    }

    /// Lines of our own form that a broker brought. They carry their own time; a retained one is a state and no sign.
    fn lines(&self, known: &Known, payload: &[u8], arrival: Arrival) -> Vec<Outcome> {
        if arrival.retained {
            return Vec::new();
        }
        self.ear.heard(known, arrival.at);
        let lines = payload.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let outcome = |bytes: &[u8]| {
            let outcome = if bytes.len() > line::LINE_MAX {
                Outcome::Dropped(Rejection::TooLong.code())
            } else {
                crate::http::batch::of_line(known, bytes)
            };
            if let Outcome::Dropped(why) = outcome {
                self.ear.dropped(known, why, 1);
            }
            outcome
        };
        lines.map(outcome).collect()
    }

    pub(crate) fn puzzled(&self, known: &Known, topic: &str, payload: &[u8], rejection: Rejection, at: Ts) {
        tracing::debug!(device = %known.id, %rejection, "a message of a device is not understood");
        self.ear.dropped(known, rejection.code(), 1);
        self.ear.puzzled(known.district, Sighting::of(Some(known.id), topic, payload, at));
    }
}

/// What a message says; nothing when it is about another source of the same topic.
fn said(known: &Known, rule: &Hearing, topic: &str, payload: &[u8]) -> Result<Option<Said>, Rejection> {
    let tail = known.topic.as_deref().and_then(|prefix| topic.strip_prefix(prefix)).map(|tail| tail.trim_start_matches('/'));
    if let Some(sense) = known.kind.sense() {
        return match tail {
            Some("availability") => zigbee::availability(payload).map(Some),
            _ => zigbee::read(sense, payload).map(Some),
        };
    }
    if let Some(meter) = known.kind.meter() {
        return meter::read(meter, payload).map(Some);
    }
    match known.kind {
        crate::model::DeviceKind::Frigate => {
            let (camera, said) = frigate::read(tail.unwrap_or_default(), payload, rule.face_floor())?;
            let other = matches!((&known.source, &camera), (Some(ours), Some(theirs)) if ours != theirs);
            Ok((!other).then_some(said))
        }
        crate::model::DeviceKind::Onvif => onvif::read(topic, payload).map(Some),
        _ => Err(Rejection::Unknown),
    }
}
