//! The devices as the doors know them: by token and by topic, in memory, read anew when anything about devices changes.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use linli_db::{Conn, Db, DbError};
use linli_kernel::{DistrictId, PlacePath};
use linli_watch::{ShortId, SignKind};
use tokio::sync::watch;
use uuid::Uuid;

use crate::door::SignsDoor;
use crate::labels::Labels;
use crate::model::{Device, DeviceId, DeviceKind};
use crate::mqtt::topics::Routes;
use crate::store;

/// A device with whom it hears.
#[derive(Debug)]
pub struct Known {
    /// District.
    pub district: DistrictId,
    /// The id.
    pub id: DeviceId,
    /// Where it stands.
    pub place: PlacePath,
    /// What kind it is.
    pub kind: DeviceKind,
    /// The kind of sign that it stands for.
    pub means: SignKind,
    /// The topic or prefix.
    pub topic: Option<String>,
    /// Which of several sources there.
    pub source: Option<String>,
    people: Labels,
    only: Option<ShortId>,
    /// Those of its district who agreed that a face says who it was; read for devices that know faces.
    faces: Arc<HashSet<ShortId>>,
}

impl Known {
    async fn of(c: &mut Conn<'_>, door: &dyn SignsDoor, device: Device) -> Result<Self, DbError> {
        let labels = store::labels(c, device.district, device.id).await?;
        let faces = match device.kind.knows_faces() {
            true => agreed_to_faces(c, door, device.district).await?,
            false => Arc::default(),
        };
        Ok(Self::with(device, &labels, faces))
    }

    fn with(device: Device, labels: &[(String, Uuid)], faces: Arc<HashSet<ShortId>>) -> Self {
        let people = Labels::of(labels.iter().map(|(label, id)| (label.as_str(), ShortId::of(id.as_u128()))));
        if people.dropped() > 0 {
            tracing::error!(device = %device.id, labels = people.dropped(), "labels of a device cannot be told apart; they are nobody's");
        }
        Self {
            district: device.district,
            id: device.id,
            place: device.place,
            kind: device.kind,
            means: device.means,
            topic: device.topic,
            source: device.source,
            only: people.person(""),
            people,
            faces,
        }
    }

    /// Whether what it says of this person may rest on a face.
    #[must_use]
    pub fn may_use_face_of(&self, person: ShortId) -> bool {
        self.faces.contains(&person)
    }

    /// Whom it hears under this label; without a label the one whom it stands for.
    #[inline]
    #[must_use]
    pub fn person(&self, label: Option<&str>) -> Option<ShortId> {
        match label {
            Some(label) => self.people.person(label),
            None => self.only,
        }
    }
}

async fn agreed_to_faces(c: &mut Conn<'_>, door: &dyn SignsDoor, district: DistrictId) -> Result<Arc<HashSet<ShortId>>, DbError> {
    let agreed = door.faces(c, district).await?;
    Ok(Arc::new(agreed.into_iter().map(|id| ShortId::of(id.as_u128())).collect()))
}

/// Most tokens that are kept in memory; when there are more, those in use are read again.
const TOKENS_MAX: usize = 100_000;

/// What is known by heart.
#[derive(Debug)]
pub(crate) struct Registry {
    by_token: RwLock<HashMap<Box<[u8]>, Arc<Known>>>,
    routes: RwLock<Option<Arc<Routes>>>,
    /// Counts the changes.
    edition: watch::Sender<u64>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { by_token: RwLock::default(), routes: RwLock::default(), edition: watch::channel(0).0 }
    }
}

impl Registry {
    /// Something about devices changed: everything is read again when it is asked for.
    pub(crate) fn forget(&self) {
        // First the number, then the memory: what was read before the change is not put back after it.
        self.edition.send_modify(|edition| *edition += 1);
        self.by_token.write().unwrap_or_else(PoisonError::into_inner).clear();
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Tells of changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.edition.subscribe()
    }

    /// The device that has the token with this hash and is not retired. A token that opens nothing is not kept in mind.
    pub(crate) async fn by_token(&self, db: &Db, door: &dyn SignsDoor, hash: &[u8]) -> Result<Option<Arc<Known>>, DbError> {
        let known = self.by_token.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let edition = *self.edition.borrow();
        let mut read = db.read().await?;
        let c = &mut read.conn();
        let Some(device) = store::of_token(c, hash).await? else { return Ok(None) };
        let known = Arc::new(Known::of(c, door, device).await?);
        let mut all = self.by_token.write().unwrap_or_else(PoisonError::into_inner);
        if *self.edition.borrow() == edition {
            if all.len() >= TOKENS_MAX {
                all.clear();
            }
            all.insert(hash.into(), Arc::clone(&known));
        }
        Ok(Some(known))
    }

    /// The devices that a broker brings, by topic.
    pub(crate) async fn routes(&self, db: &Db, door: &dyn SignsDoor) -> Result<Arc<Routes>, DbError> {
        if let Some(routes) = self.routes.read().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(routes);
        }
        let edition = *self.edition.borrow();
        let mut read = db.read().await?;
        let c = &mut read.conn();
        let mut labels = store::labels_by_broker(c).await?;
        let (mut all, mut agreed) = (Vec::new(), HashMap::new());
        for device in store::by_broker(c).await? {
            let labels = labels.remove(&device.id).unwrap_or_default();
            let faces = match (device.kind.knows_faces(), agreed.get(&device.district)) {
                (false, _) => Arc::default(),
                (true, Some(known)) => Arc::clone(known),
                (true, None) => {
                    let known = agreed_to_faces(c, door, device.district).await?;
                    agreed.insert(device.district, Arc::clone(&known));
                    known
                }
            };
            all.push(Arc::new(Known::with(device, &labels, faces)));
        }
        let routes = Arc::new(Routes::of(all));
        let mut kept = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        if *self.edition.borrow() == edition {
            *kept = Some(Arc::clone(&routes));
        }
        Ok(routes)
    }
}

#[cfg(test)]
impl Known {
    /// A device of a district that hears these people.
    pub(crate) fn hearing(kind: DeviceKind, labels: &[(&str, u128)]) -> Self {
        let people = Labels::of(labels.iter().map(|(label, n)| (*label, ShortId::of(*n))));
        let faces = labels.iter().map(|(_, n)| ShortId::of(*n)).collect();
        Self {
            district: DistrictId(1),
            id: DeviceId(uuid::Uuid::from_u128(7)),
            place: PlacePath::root(),
            kind,
            means: kind.usual_sign(),
            topic: None,
            source: None,
            only: people.person(""),
            people,
            faces: Arc::new(faces),
        }
    }

    /// Nobody agreed that faces are used.
    pub(crate) fn without_faces(self) -> Self {
        Self { faces: Arc::default(), ..self }
    }
}
