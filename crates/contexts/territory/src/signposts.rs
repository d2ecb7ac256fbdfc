//! What places are called, kept at hand: a list of a thousand cases names three thousand places, and names hardly ever change.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use linli_db::{Conn, Db, Published};
use linli_kernel::{DistrictId, PlacePath};
use tokio::sync::broadcast::error::RecvError;

use crate::TerritoryError;
use crate::queries::{Named, names_at};

/// Names kept at most (about 5 MB); then all are forgotten and read again.
const MOST: usize = 20_000;

/// The signposts of the house (路牌): the names of places, until a line of the journal says that something about places has changed.
#[derive(Debug, Default)]
pub struct Signposts(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    names: HashMap<(DistrictId, PlacePath), Arc<Named>>,
    /// How often everything was forgotten: what was read before that is not kept.
    forgotten: u64,
}

impl Signposts {
    /// Signposts that forget as places change, as long as the store is open.
    #[must_use]
    pub fn standing(db: &Db) -> Arc<Self> {
        let posts = Arc::new(Self::default());
        let (mut heard, kept) = (db.subscribe(), Arc::downgrade(&posts));
        tokio::spawn(async move {
            loop {
                let line = heard.recv().await;
                let Some(posts) = kept.upgrade() else { return };
                match line {
                    Ok(line) => posts.hear(&line),
                    Err(RecvError::Lagged(_)) => posts.forget(),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        posts
    }

    /// What the places at these paths are called, as [`names_at`] says it.
    ///
    /// # Errors
    /// Store errors.
    pub async fn names_at(
        &self,
        c: &mut Conn<'_>,
        district: DistrictId,
        paths: &[PlacePath],
    ) -> Result<HashMap<PlacePath, Arc<Named>>, TerritoryError> {
        let (mut names, mut unknown) = (HashMap::with_capacity(paths.len()), Vec::new());
        let forgotten = {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            for path in paths {
                match known.names.get(&(district, path.clone())) {
                    Some(named) => drop(names.insert(path.clone(), Arc::clone(named))),
                    None => unknown.push(path.clone()),
                }
            }
            known.forgotten
        };
        if unknown.is_empty() {
            return Ok(names);
        }
        let found = names_at(c, district, &unknown).await?;
        let found: Vec<_> = found.into_iter().map(|(path, named)| (path, Arc::new(named))).collect();
        self.keep(district, forgotten, &found);
        names.extend(found);
        Ok(names)
    }

    fn keep(&self, district: DistrictId, forgotten: u64, found: &[(PlacePath, Arc<Named>)]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten != forgotten {
            return;
        }
        if known.names.len() + found.len() > MOST {
            known.names.clear();
        }
        let room = found.iter().take(MOST);
        known.names.extend(room.map(|(path, named)| ((district, path.clone()), Arc::clone(named))));
    }

    fn hear(&self, line: &Published) {
        if line.kind.starts_with("territory.") {
            self.forget();
        }
    }

    fn forget(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.names.clear();
        known.forgotten += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str) -> Published {
        Published { district: DistrictId(1), seq: 1, place: PlacePath::root(), kind: kind.into(), subject: None }
    }

    fn found(name: &str) -> Vec<(PlacePath, Arc<Named>)> {
        vec![(PlacePath::root().child(1).unwrap(), Arc::new(Named { name: name.into(), key: "K".into() }))]
    }

    fn names(posts: &Signposts) -> Vec<String> {
        posts.0.read().unwrap().names.values().map(|named| named.name.clone()).collect()
    }

    #[test]
    fn a_line_about_places_makes_them_forget_and_others_do_not() {
        let posts = Signposts::default();
        posts.keep(DistrictId(1), 0, &found("桃园"));
        posts.hear(&line("cases.reported"));
        assert_eq!(names(&posts), ["桃园"]);
        posts.hear(&line("territory.place_renamed"));
        assert!(names(&posts).is_empty());
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let posts = Signposts::default();
        posts.hear(&line("territory.place_renamed"));
        posts.keep(DistrictId(1), 0, &found("旧名"));
        assert!(names(&posts).is_empty());
        posts.keep(DistrictId(1), 1, &found("新名"));
        assert_eq!(names(&posts), ["新名"]);
    }
}
