//! Who has which number, in this process (名册): filled from the database, changed by what happens, and never empty in between.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use linli_watch::{Roll, ShortId, Slot};

/// What happened while the names are read anew.
#[derive(Debug, Clone, Copy)]
enum Change {
    Entered(ShortId, Slot),
    Left(Slot),
}

#[derive(Debug, Default)]
struct Inner {
    roll: Roll,
    /// Since a reading began; it may have passed by what was changed.
    meanwhile: Option<Vec<Change>>,
}

/// The names. Signs are looked up in those of before until all are read anew.
#[derive(Debug, Default)]
pub(super) struct Names {
    inner: RwLock<Inner>,
    /// One reading at a time.
    reading: tokio::sync::Mutex<()>,
}

impl Names {
    fn inner(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks up several.
    pub(super) fn look<T>(&self, up: impl FnOnce(&Roll) -> T) -> T {
        up(&self.inner().roll)
    }

    /// Enters somebody; false when another person has an id that ends alike.
    pub(super) fn enter(&self, id: ShortId, slot: Slot) -> bool {
        let mut inner = self.change();
        if let Some(meanwhile) = &mut inner.meanwhile {
            meanwhile.push(Change::Entered(id, slot));
        }
        inner.roll.enter(id, slot)
    }

    /// Whoever has this number is in it no longer.
    pub(super) fn leave(&self, slot: Slot) {
        let mut inner = self.change();
        if let Some(meanwhile) = &mut inner.meanwhile {
            meanwhile.push(Change::Left(slot));
        }
        inner.roll.leave(slot);
    }

    /// Reads all names anew, beside those that are there: `read` enters them into the roll it is given. What happened meanwhile counts on top.
    pub(super) async fn read_anew<T, E>(&self, read: impl AsyncFnOnce(&mut Roll) -> Result<T, E>) -> Result<T, E> {
        let _one = self.reading.lock().await;
        self.change().meanwhile = Some(Vec::new());
        let mut fresh = Roll::default();
        let outcome = read(&mut fresh).await;
        let mut inner = self.change();
        let meanwhile = inner.meanwhile.take().unwrap_or_default();
        if outcome.is_ok() {
            for change in meanwhile {
                match change {
                    Change::Entered(id, slot) => drop(fresh.enter(id, slot)),
                    Change::Left(slot) => fresh.leave(slot),
                }
            }
            inner.roll = fresh;
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn id(n: u128) -> ShortId {
        ShortId::of(n)
    }

    #[tokio::test]
    async fn while_names_are_read_nobody_is_missing_and_nothing_is_lost() {
        let names = Names::default();
        assert!(names.enter(id(1), 1) && names.enter(id(2), 2) && names.enter(id(3), 3));
        let slot = |n| names.look(|roll| roll.slot(id(n)));
        names
            .read_anew(async |fresh: &mut Roll| {
                // The database as it was a moment ago.
                assert!(fresh.enter(id(1), 1) && fresh.enter(id(2), 2));
                assert_eq!((slot(1), slot(2), slot(3)), (Some(1), Some(2), Some(3)), "signs are looked up all the while");
                names.leave(2);
                assert!(names.enter(id(4), 4));
                Ok::<_, ()>(())
            })
            .await
            .unwrap();
        assert_eq!((slot(1), slot(2), slot(3), slot(4)), (Some(1), None, None, Some(4)));
        // A reading that failed changes nothing.
        assert!(names.read_anew(async |_: &mut Roll| Err::<(), ()>(())).await.is_err());
        assert_eq!((slot(1), slot(4)), (Some(1), Some(4)));
        assert!(names.enter(id(5), 5));
        assert_eq!(slot(5), Some(5));
    }
}
