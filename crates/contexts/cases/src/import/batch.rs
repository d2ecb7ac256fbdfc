//! One batch: what is new, what changed, what is the same; written in one transaction with one journal line.

use std::collections::{BTreeMap, HashMap};

use linli_db::Tx;
use linli_kernel::PlacePath;
use linli_sheet::{FieldError, Outcome, Record};
use serde_json::json;
use uuid::Uuid;

use super::decided::leave_decided;
use super::row::{self, Taken};
use super::{Decision, Import, ImportError, Memory, OWN_SYSTEM};
use crate::commands::{keep_from_persons, number_text};
use crate::discretion::kept;
use crate::error::CasesError;
use crate::model::{Case, Kept};
use crate::rules::Rules;
use crate::store::days::{self, Days};
use crate::store::imports::{self, Known};

pub(crate) struct Batch<'a, 'i> {
    pub(crate) import: &'a Import<'i>,
    pub(crate) memory: &'a mut Memory,
}

/// A row on its way: refused, or taken and waiting for what the store knows of it.
enum Row {
    Refused(Vec<FieldError>),
    Taken(Box<Taken>),
}

impl Batch<'_, '_> {
    /// Decides on every record and writes what is to be written.
    pub(crate) async fn decide(
        &mut self,
        tx: &mut Tx,
        records: Vec<Result<Record, Vec<FieldError>>>,
    ) -> Result<Vec<Decision>, ImportError> {
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            rows.push(match record {
                Err(wrong) => Row::Refused(wrong),
                Ok(record) => self.read(tx, &record).await?,
            });
        }
        let mut known = self.known(tx, &rows).await?;
        let mut fresh = Vec::new();
        let mut changed = Vec::new();
        let mut counts = Days::new();
        let mut decisions = Vec::with_capacity(rows.len());
        for row in rows {
            let taken = match row {
                Row::Refused(wrong) => {
                    decisions.push(Decision::rejected(wrong));
                    continue;
                }
                Row::Taken(taken) => *taken,
            };
            let key = taken.key();
            // Where the same key comes twice in a file, the second row meets what the first one left.
            if let Some(first) = self.memory.seen.get(&key) {
                decisions.push(if *first == taken.hash {
                    Decision::unchanged()
                } else {
                    Decision::rejected(vec![FieldError::new("external_id", "key_twice").value(&key.1)])
                });
                continue;
            }
            self.memory.seen.insert(key.clone(), taken.hash.clone());
            let own = key.0 == OWN_SYSTEM;
            decisions.push(match known.remove(&key) {
                Some(there) if there.hash.as_ref() == Some(&taken.hash) || taken.says_what_is_kept(&there.case) => {
                    Decision::unchanged()
                }
                Some(_) if own => Decision::rejected(vec![FieldError::new("external_id", "own_case").value(&key.1)]),
                None if own => Decision::rejected(vec![FieldError::new("external_id", "own_unknown").value(&key.1)]),
                None => accept(taken, &mut fresh, &mut counts),
                Some(there) => self.change(tx, (taken, there), &mut changed, &mut counts).await?,
            });
        }
        self.write(tx, fresh, changed, &counts, &decisions).await?;
        Ok(decisions)
    }

    /// A case that is there and that the source now tells differently. What was done to it and decided of it here since is not undone.
    async fn change(
        &self,
        tx: &mut Tx,
        (mut taken, there): (Taken, Known),
        changed: &mut Vec<Told>,
        counts: &mut Days,
    ) -> Result<Decision, ImportError> {
        let mut notes = taken.doubts.clone();
        if there.case.version > 1 {
            notes.extend(noted_only(&taken.case, &there.case));
        }
        let named = leave_decided(self.import.ctx, tx, self.import.office, (&mut taken.case, &there.case)).await?;
        let mut before = Days::new();
        days::spread_imported(&mut before, &there.case.place, there.case.reported_at, there.case.external_closed_at);
        for (key, delta) in before {
            counts.entry(key).or_default().subtract(delta);
        }
        days::spread_imported(counts, &taken.case.place, taken.case.reported_at, taken.case.external_closed_at);
        taken.case.id = there.case.id;
        changed.push(Told { taken, there, named });
        Ok(Decision { outcome: Outcome::Changed, notes })
    }

    /// What the store knows under the keys of a batch.
    async fn known(&self, tx: &mut Tx, rows: &[Row]) -> Result<HashMap<(String, String), Known>, ImportError> {
        let mut by_system: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for taken in rows.iter().filter_map(Row::taken) {
            let (system, id) = taken.key();
            by_system.entry(system).or_default().push(id);
        }
        let mut known = HashMap::new();
        for (system, ids) in by_system {
            for there in imports::known(&mut tx.conn()?, self.import.district, &system, &ids).await? {
                known.insert((system.clone(), there.key.clone()), there);
            }
        }
        Ok(known)
    }

    async fn read(&mut self, tx: &mut Tx, record: &Record) -> Result<Row, ImportError> {
        let place = match self.place(tx, record).await? {
            Ok(place) => place,
            Err(wrong) => return Ok(Row::Refused(vec![wrong])),
        };
        let rules = self.import.office.rules(&place, self.import.now()).map_err(CasesError::from)?;
        let list = self.memory.list(&place);
        Ok(match row::read((self.import, &self.memory.shares), (&rules, list), record, place) {
            Ok(mut taken) => {
                taken.case.kept = self.kept(tx, &rules, &taken.case).await?;
                Row::Taken(Box::new(taken))
            }
            Err(wrong) => Row::Refused(wrong),
        })
    }

    /// From whom a case of a file is kept: as one that is reported here.
    async fn kept(&self, tx: &mut Tx, rules: &Rules, case: &Case) -> Result<Kept, ImportError> {
        let (ctx, office, at) = (self.import.ctx, self.import.office, self.import.now());
        let Some(class) = rules.classes().find(&case.class) else { return Ok(Kept::default()) };
        let judged = (rules, class.as_ref(), case.description.as_str());
        Ok(kept(ctx, &mut tx.conn()?, office, (case.district, &case.place, at), judged).await?)
    }

    async fn place(&mut self, tx: &mut Tx, record: &Record) -> Result<Result<PlacePath, FieldError>, ImportError> {
        let Some(key) = record.opt_text("place") else {
            return Ok(self.import.options.place.clone().ok_or_else(|| FieldError::new("place", "place_missing")));
        };
        if !self.memory.places.contains_key(key) {
            let c = &mut tx.conn()?;
            let found = self.import.neighbours.place_of_key(c, self.import.district, key).await?;
            self.memory.places.insert(key.to_owned(), found);
        }
        let found = self.memory.places.get(key).cloned().flatten();
        Ok(found.ok_or_else(|| FieldError::new("place", "place_unknown").value(key)))
    }

    async fn write(
        &self,
        tx: &mut Tx,
        mut fresh: Vec<Taken>,
        changed: Vec<Told>,
        counts: &Days,
        decisions: &[Decision],
    ) -> Result<(), ImportError> {
        if fresh.is_empty() && changed.is_empty() {
            return Ok(());
        }
        number(tx, &mut fresh).await?;
        let now = self.import.now();
        let vault = self.import.office.vault();
        imports::insert(&mut tx.conn()?, &fresh, vault, now).await?;
        for Told { taken, there, named } in changed {
            if !imports::update(&mut tx.conn()?, &taken, &there).await? {
                return Err(CasesError::Changed.into());
            }
            imports::tell_phone(&mut tx.conn()?, &taken, &there, vault, now).await?;
            keep_from_persons(self.import.ctx, tx, self.import.office, there.case.id, named).await?;
        }
        days::write(&mut tx.conn()?, self.import.district, counts).await?;
        let count = |outcome: Outcome| decisions.iter().filter(|d| d.outcome == outcome).count();
        let place = self.import.options.place.clone().unwrap_or_default();
        tx.journal(self.import.ctx.line("cases.imported", &place, None, json!({
            "system": self.import.options.system, "rows": decisions.len(), "accepted": count(Outcome::Accepted), "flagged": count(Outcome::Flagged),
            "changed": count(Outcome::Changed), "unchanged": count(Outcome::Unchanged), "rejected": count(Outcome::Rejected),
        })));
        Ok(())
    }
}

/// A known case as its source tells it now, and whom it names for the first time.
struct Told {
    taken: Taken,
    there: Known,
    named: Vec<Uuid>,
}

/// What the source says otherwise than it stands here, where somebody here has worked on it.
fn noted_only(told: &Case, there: &Case) -> Vec<FieldError> {
    let mut notes = Vec::new();
    if told.state != there.state {
        let status = told.external_status.as_deref().unwrap_or_default();
        notes.push(FieldError::new("status", "worked_on_here").value(status));
    }
    if (&told.class, told.message_class, &told.matter) != (&there.class, there.message_class, &there.matter) {
        notes.push(FieldError::new("class", "decided_here").value(&told.class));
    }
    if told.place != there.place {
        notes.push(FieldError::new("place", "decided_here").value(told.place.as_str()));
    }
    notes
}

impl Row {
    fn taken(&self) -> Option<&Taken> {
        match self {
            Self::Taken(taken) => Some(taken),
            Self::Refused(_) => None,
        }
    }
}

fn accept(taken: Taken, fresh: &mut Vec<Taken>, counts: &mut Days) -> Decision {
    let case = &taken.case;
    days::spread_imported(counts, &case.place, case.reported_at, case.external_closed_at);
    let notes = taken.doubts.clone();
    let outcome = if notes.is_empty() { Outcome::Accepted } else { Outcome::Flagged };
    fresh.push(taken);
    Decision { outcome, notes }
}

/// Human numbers, per year of the report in Beijing, in the order of the file.
pub(crate) async fn number(tx: &mut Tx, fresh: &mut [Taken]) -> Result<(), linli_db::DbError> {
    let mut by_year: BTreeMap<i16, Vec<&mut Taken>> = BTreeMap::new();
    for taken in fresh {
        by_year.entry(taken.case.reported_at.local().year()).or_default().push(taken);
    }
    for (year, rows) in by_year {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let first = tx.reserve_numbers(&format!("cases/{year}"), count).await?;
        for (number, taken) in (first..).zip(rows) {
            taken.case.number = number_text(year, number);
        }
    }
    Ok(())
}
