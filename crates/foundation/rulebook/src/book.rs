//! The book: finds the one pack that counts, and keeps bodies once they have been read.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use linli_kernel::{PlacePath, Ts};
use serde::de::DeserializeOwned;

use crate::error::RuleError;
use crate::pack::{Origin, Pack, Stamp};

/// A rule as it counts at one place and instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule<T> {
    /// The body of the pack.
    pub value: T,
    /// Which rule it is.
    pub stamp: Stamp,
}

type Bodies = HashMap<(usize, TypeId), Arc<dyn Any + Send + Sync>>;

/// All rule packs. A value: to change it, read a new one and put it into [`crate::SharedRulebook`].
#[derive(Debug, Default)]
pub struct Rulebook {
    packs: Vec<Pack>,
    /// Packs that count nowhere any more. What was begun under one of them may still go by it.
    former: Vec<Pack>,
    /// Packs of an id: the deepest place first, at one place local before shipped.
    by_id: BTreeMap<String, Vec<usize>>,
    bodies: RwLock<Bodies>,
}

impl Rulebook {
    /// The packs that ship with the program, each with the name of its file.
    ///
    /// # Errors
    /// The first pack that is wrong or overlaps another one.
    pub fn builtin(packs: &[(&'static str, &'static str)]) -> Result<Self, RuleError> {
        let packs = packs.iter().map(|(file, text)| Pack::read(Origin::Builtin, file, text)).collect::<Result<_, _>>()?;
        Self::of(packs)
    }

    /// With the packs of the administrator's directory, given as names and texts. At the same place a local pack counts before a
    /// shipped one for as long as it is valid; packs read in an earlier call are kept.
    ///
    /// # Errors
    /// The first pack that is wrong or overlaps another local one.
    pub fn load_dir(self, texts: Vec<(String, String)>) -> Result<Self, RuleError> {
        let (mut packs, former) = (self.packs, self.former);
        for (file, text) in &texts {
            packs.push(Pack::read(Origin::Local, file, text)?);
        }
        Ok(Self { former, ..Self::of(packs)? })
    }

    /// With packs that were replaced or withdrawn, given as names and texts: they count nowhere, and are found by their marks. One that cannot be
    /// read any more is left out.
    #[must_use]
    pub fn with_former(mut self, texts: Vec<(String, String)>) -> Self {
        let read = texts.iter().filter_map(|(file, text)| Pack::read(Origin::Local, file, text).ok());
        self.former.extend(read);
        self.bodies = RwLock::default();
        self
    }

    /// The rule with this mark ([`Stamp::mark`]), whether or not it counts anywhere now; `None` when the book has no such pack any more, or its
    /// body is not a `T`.
    #[must_use]
    pub fn by_mark<T>(&self, mark: &str) -> Option<Arc<Rule<T>>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let all = self.packs.iter().chain(&self.former).enumerate();
        let (i, pack) = all.into_iter().find(|(_, pack)| mark.ends_with(&pack.stamp.digest) && pack.stamp.mark() == mark)?;
        self.read(i, pack).ok()
    }

    fn of(packs: Vec<Pack>) -> Result<Self, RuleError> {
        let mut by_id: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, pack) in packs.iter().enumerate() {
            let before = packs.iter().take(i).filter(|other| same_shelf(pack, other));
            for other in before {
                apart(pack, other)?;
            }
            by_id.entry(pack.stamp.id.clone()).or_default().push(i);
        }
        let rank = |i: &usize| {
            packs.get(*i).map(|pack| (std::cmp::Reverse(pack.stamp.place.depth()), std::cmp::Reverse(pack.stamp.origin)))
        };
        for found in by_id.values_mut() {
            found.sort_by_key(rank);
        }
        Ok(Self { packs, former: Vec::new(), by_id, bodies: RwLock::default() })
    }

    /// The rule of this id that counts at a place and instant: of the packs valid then, the one with the deepest place at or above
    /// it; at one place the local one. Its body is read as `T` once and then kept.
    ///
    /// # Errors
    /// `Unknown` or `None` when there is no such rule; `Pack` when its body is not a `T` (which [`Rulebook::check`] tells at the start).
    pub fn get<T>(&self, id: &str, place: &PlacePath, at: Ts) -> Result<Arc<Rule<T>>, RuleError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let (i, pack) = self.find(id, place, at)?;
        self.read(i, pack)
    }

    /// As [`Rulebook::get`], without the body.
    ///
    /// # Errors
    /// `Unknown` or `None` when there is no such rule.
    pub fn stamp(&self, id: &str, place: &PlacePath, at: Ts) -> Result<&Stamp, RuleError> {
        self.find(id, place, at).map(|(_, pack)| &pack.stamp)
    }

    /// Reads the body of every pack of an id as `T`; gives how many there are.
    ///
    /// # Errors
    /// `Unknown` when there is none; the first body that is not a `T`.
    pub fn check<T>(&self, id: &str) -> Result<usize, RuleError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let found = self.by_id.get(id).ok_or_else(|| RuleError::Unknown { id: id.to_owned() })?;
        for (i, pack) in self.packs_at(found) {
            self.read::<T>(i, pack)?;
        }
        Ok(found.len())
    }

    /// All packs, for the page that lists them: by id, then as they are looked up.
    pub fn stamps(&self) -> impl Iterator<Item = &Stamp> {
        self.by_id.values().flat_map(|found| self.packs_at(found)).map(|(_, pack)| &pack.stamp)
    }

    /// All packs with their texts, in the same order: what an administrator takes away, changes and brings back.
    pub fn texts(&self) -> impl Iterator<Item = (&Stamp, &str)> {
        self.by_id.values().flat_map(|found| self.packs_at(found)).map(|(_, pack)| (&pack.stamp, pack.text()))
    }

    /// The ids that packs have. One that no code asks for is most likely a slip of the pen.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    fn find(&self, id: &str, place: &PlacePath, at: Ts) -> Result<(usize, &Pack), RuleError> {
        let found = self.by_id.get(id).ok_or_else(|| RuleError::Unknown { id: id.to_owned() })?;
        self.packs_at(found)
            .find(|(_, pack)| pack.stamp.place.contains(place) && pack.counts_at(at))
            .ok_or_else(|| RuleError::None { id: id.to_owned(), place: place.clone(), date: at.local().date() })
    }

    fn packs_at<'a>(&'a self, found: &'a [usize]) -> impl Iterator<Item = (usize, &'a Pack)> {
        found.iter().filter_map(|i| self.packs.get(*i).map(|pack| (*i, pack)))
    }

    fn read<T>(&self, i: usize, pack: &Pack) -> Result<Arc<Rule<T>>, RuleError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let key = (i, TypeId::of::<T>());
        // A reader that panicked has left nothing half-written: an entry is put in whole.
        let kept = self.bodies.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(rule) = kept.and_then(|body| body.downcast::<Rule<T>>().ok()) {
            return Ok(rule);
        }
        let rule = Arc::new(Rule { value: pack.body::<T>()?, stamp: pack.stamp.clone() });
        self.bodies.write().unwrap_or_else(PoisonError::into_inner).insert(key, rule.clone());
        Ok(rule)
    }
}

fn same_shelf(one: &Pack, other: &Pack) -> bool {
    let key = |pack: &Pack| (pack.stamp.origin, pack.stamp.id.clone(), pack.stamp.place.clone());
    key(one) == key(other)
}

/// Two packs of one id, place and origin must neither count on the same day nor bear the same version.
fn apart(pack: &Pack, other: &Pack) -> Result<(), RuleError> {
    let (file, id, version) = (pack.stamp.file.clone(), pack.stamp.id.clone(), pack.stamp.version.clone());
    let other_file = other.stamp.file.clone();
    if pack.overlaps(other) {
        let other_version = other.stamp.version.clone();
        return Err(RuleError::Overlap { file, id, version, other_file, other_version });
    }
    if version == other.stamp.version {
        return Err(RuleError::SameVersion { file, id, version, other_file });
    }
    Ok(())
}
