//! The list of the desk, plain or searched.
//!
//! The index of words says where to look. What is shown was read from the case itself in the same request, under the same scope and
//! filters as the plain list; what happened since the index was written is looked through as well, as far as [`MOST_LATE`] lines.

use std::collections::{BTreeMap, HashMap};

use linli_access::{Action, Ctx, Denied, Resource, Scope};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlaceLevel};
use linli_search::Block;

use super::{PAGE, numbered};
use crate::discretion::kept_from;
use crate::error::CasesError;
use crate::index::{Mark, number_at, stands, text};
use crate::model::{Case, CaseId, CaseState};
use crate::store::desk::{self as store, DeskCursor, DeskFilter, Group, Place, View};
use crate::store::words;

/// Journal lines since the index was written that a search looks through by itself.
const MOST_LATE: i64 = 500;
/// So many open cases are sorted at once; more are so dense in the list that walking along it is shorter.
const FEW: usize = 2_000;
/// With so few left no further word is looked up: each case is read anyway.
const ENOUGH: usize = 64;
/// Words of a question that the index is asked for; the others are compared with the case.
const MOST_WORDS: usize = 16;
/// Blocks of the index that are looked at together, at most.
const WIDEST: i64 = 256;
/// Cases of one step along a list.
const STRIDE: i64 = 200;

/// A page of the desk list.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskPage {
    /// Those that have the number that was typed, open or ended; on the first page only. They are in the list no second time.
    pub numbered: Vec<Case>,
    /// The cases.
    pub cases: Vec<Case>,
    /// Where the list goes on; `None` on the last page.
    pub next: Option<DeskCursor>,
    /// Whether cases are still being read for the index, so that some may not be found yet. Never for a list without words.
    pub late: bool,
}

/// A page of the desk list, and where it goes on.
///
/// # Errors
/// `Denied` for those who read no cases or ask for a place outside their reach; store errors.
pub async fn desk(ctx: &Ctx, c: &mut Conn<'_>, filter: &DeskFilter, after: Option<DeskCursor>) -> Result<DeskPage, CasesError> {
    let scope = ctx.scope(Action::Read, Resource::Case)?;
    let scope = match &filter.place {
        Some(place) => scope.narrowed(place).ok_or(Denied::Forbidden)?,
        None => scope,
    };
    let desk = Desk { ctx, scope, filter, after };
    let (numbered, whole) = desk.numbered(c).await?;
    if whole && !numbered.is_empty() {
        return Ok(DeskPage { numbered, cases: Vec::new(), next: None, late: false });
    }
    let mut page = desk.listed(c).await?;
    page.cases.retain(|case| !numbered.iter().any(|above| above.id == case.id));
    if after.is_none() {
        page.numbered = numbered;
    }
    Ok(page)
}

impl Desk<'_> {
    /// The cases that have the number that was typed, and whether it was written whole. What has ended is found as well: whoever reads a number
    /// out wants to know what became of it.
    async fn numbered(&self, c: &mut Conn<'_>) -> Result<(Vec<Case>, bool), DbError> {
        let Some(number) = &self.filter.number else { return Ok((Vec::new(), false)) };
        let (ids, whole) = numbered::meant(c, self.scope.district, number).await?;
        let filter = DeskFilter { view: View::All, words: None, ..self.filter.clone() };
        let there = store::those(c, &self.scope, &filter, &ids).await?;
        let mut there: HashMap<CaseId, Case> = there.into_iter().map(|case| (case.id, case)).collect();
        Ok((ids.iter().filter_map(|id| there.remove(id)).filter(|case| !kept_from(self.ctx, case)).collect(), whole))
    }

    /// The list itself.
    async fn listed(&self, c: &mut Conn<'_>) -> Result<DeskPage, CasesError> {
        let (desk, filter, after) = (self, self.filter, self.after);
        if desk.is_short_to_walk() {
            return Ok(desk.plain(c).await?);
        }
        let behind = words::behind(c, desk.scope.district).await?;
        let late = behind.unread || behind.last - behind.read > MOST_LATE;
        // Whoever is in the middle of a list by the index goes on in it: the tables know nothing of where that was.
        if late && filter.words.is_none() && !matches!(after, Some(DeskCursor::Doc(_))) {
            return Ok(desk.plain(c).await?);
        }
        let mut found = desk.searched(c, (behind.read, behind.last.min(behind.read + MOST_LATE))).await?;
        found.late = late;
        Ok(found)
    }
}

/// Most cases that go out as a table at once.
const WHOLE_MAX: usize = 5_000;

/// The whole desk list, page after page, and whether it was cut, at five thousand.
///
/// # Errors
/// As [`desk`]; `Denied` for those who may not take cases out.
pub async fn desk_whole(ctx: &Ctx, c: &mut Conn<'_>, filter: &DeskFilter) -> Result<(Vec<Case>, bool), CasesError> {
    ctx.scope(Action::Export, Resource::Case)?;
    let (mut cases, mut after) = (Vec::new(), None);
    loop {
        let page = desk(ctx, c, filter, after).await?;
        cases.extend(page.numbered.into_iter().chain(page.cases));
        after = page.next;
        if after.is_none() || cases.len() >= WHOLE_MAX {
            return Ok((cases, after.is_some()));
        }
    }
}

/// What is asked for.
struct Desk<'a> {
    ctx: &'a Ctx,
    scope: Scope,
    filter: &'a DeskFilter,
    after: Option<DeskCursor>,
}

/// Numbers of the index by block.
type Docs = BTreeMap<i64, Block>;

fn count(docs: &Docs) -> usize {
    docs.values().map(Block::len).sum()
}

/// The numbers, the highest first.
fn falling(docs: &Docs) -> Vec<i64> {
    docs.iter().rev().flat_map(|(block, docs)| docs.numbers().rev().map(|place| number_at(*block, place))).collect()
}

/// A look through the index from the newest block down: few blocks at first, then more at a time, so that what stands on top is found
/// without reading the rest.
struct Look {
    /// The words that a case must stand under, the most telling first.
    words: Vec<String>,
    /// The highest block that was not looked at; below zero when all were.
    next: i64,
    step: i64,
    /// What changed since the index was written, whatever stands there.
    changed: Docs,
    /// Changed cases that the index does not know yet.
    unknown: Vec<CaseId>,
}

impl Look {
    /// What may fit in the next blocks; `None` when all were looked at.
    async fn step(&mut self, c: &mut Conn<'_>, district: DistrictId) -> Result<Option<Docs>, DbError> {
        if self.next < 0 {
            return Ok(None);
        }
        let low = (self.next - self.step + 1).max(0);
        let mut blocks: Vec<i64> = (low..=self.next).collect();
        (self.next, self.step) = (low - 1, (self.step * 4).min(WIDEST));
        let mut found: Option<Docs> = None;
        for word in &self.words {
            let mut holders = words::holders(c, district, word, &blocks).await?;
            if let Some(so_far) = &found {
                holders.retain(|block, held| {
                    so_far.get(block).is_some_and(|so_far| {
                        held.keep(so_far);
                        !held.is_empty()
                    })
                });
            }
            blocks = holders.keys().copied().collect();
            let enough = count(&holders) <= ENOUGH;
            found = Some(holders);
            if enough {
                break;
            }
        }
        let mut found = found.unwrap_or_default();
        for (block, docs) in self.changed.split_off(&low) {
            found.entry(block).or_default().add(&docs);
        }
        Ok(Some(found))
    }
}

impl Desk<'_> {
    /// Whether the tables give a page without walking long: what runs out first is on top of the whole district, and what a community
    /// has open is gathered by place. Everything else may be few among many.
    fn is_short_to_walk(&self) -> bool {
        let f = self.filter;
        let narrowed = f.state.is_some() || f.class.is_some() || f.channel.is_some() || f.role.is_some();
        let (depth, whole) = (self.scope.place.depth(), PlaceLevel::District.depth());
        match f.view {
            _ if f.words.is_some() => false,
            View::Open | View::Overdue | View::Waiting if depth >= PlaceLevel::Community.depth() => true,
            View::Open | View::Overdue | View::All => !narrowed && depth <= whole,
            View::New | View::Waiting | View::Ended => false,
        }
    }

    fn page(cases: Vec<Case>, more: bool, cursor: impl Fn(&Case) -> DeskCursor) -> DeskPage {
        let next = cases.last().filter(|_| more).map(cursor);
        DeskPage { numbered: Vec::new(), cases, next, late: false }
    }

    fn cursor(&self, case: &Case) -> DeskCursor {
        if self.filter.view.groups().is_empty() { DeskCursor::Before(case.id) } else { DeskCursor::after(case) }
    }

    /// The list as the tables have it.
    async fn plain(&self, c: &mut Conn<'_>) -> Result<DeskPage, DbError> {
        self.walk(c, PAGE + 1).await
    }

    /// At most `limit` cases of the plain list from a cursor on.
    async fn stretch(&self, c: &mut Conn<'_>, after: Option<DeskCursor>, limit: i64) -> Result<Vec<Case>, DbError> {
        if self.filter.view.groups().is_empty() {
            let before = match after {
                Some(DeskCursor::Before(id)) => Some(id),
                _ => None,
            };
            return store::newest(c, &self.scope, self.filter, (before, limit)).await;
        }
        let mut cases: Vec<Case> = Vec::new();
        for group in self.filter.view.groups() {
            let left = limit - i64::try_from(cases.len()).unwrap_or(limit);
            let begin = match after {
                Some(DeskCursor::Due(there, _, _)) if there > *group => continue,
                Some(DeskCursor::Due(there, due, id)) if there == *group => Some((due, id)),
                _ => None,
            };
            if left > 0 {
                cases.extend(store::of_group(c, &self.scope, self.filter, (*group, begin), (self.ctx.now(), left)).await?);
            }
        }
        Ok(cases)
    }

    /// Whether a case has the words and is not kept from who asks. Before a page is cut: where a list ends and whether it goes on must tell
    /// nobody that there is a case with these words.
    fn shows(&self, case: &Case) -> bool {
        let holds = |query: &linli_search::Query| query.matches(&text(&case.title, &case.description, &case.number));
        !kept_from(self.ctx, case) && self.filter.words.as_ref().is_none_or(holds)
    }

    /// The list through the index; `late` are the journal lines that it has not read.
    async fn searched(&self, c: &mut Conn<'_>, late: (i64, i64)) -> Result<DeskPage, DbError> {
        let mut look = self.look(c, late).await?;
        if self.filter.view.groups().is_empty() {
            return self.newest(c, look).await;
        }
        let mut docs = Docs::new();
        while let Some(more) = look.step(c, self.scope.district).await? {
            docs.extend(more);
            if count(&docs) > FEW {
                // So many have the words that walking soon fills a page.
                return self.walk(c, STRIDE).await;
            }
        }
        self.few(c, (&falling(&docs), &look.unknown)).await
    }

    /// The words of the index that a case must stand under, the most telling first.
    fn required(&self) -> Vec<String> {
        let f = self.filter;
        let mut tokens: Vec<String> = f.words.as_ref().map(|query| query.tokens.clone()).unwrap_or_default();
        tokens.sort_by_key(|token| std::cmp::Reverse(token.chars().count()));
        let state = match f.view {
            View::New => Some(CaseState::Reported),
            View::Waiting => Some(CaseState::AwaitingConfirmation),
            _ => f.state,
        };
        let narrow = [
            state.map(|state| Mark::State(state.as_str())),
            f.class.as_deref().map(Mark::Class),
            f.channel.as_deref().map(Mark::Channel),
            f.role.map(|role| Mark::Role(role.as_str())),
        ];
        let wide = [Some(Mark::Under(&self.scope.place)), f.view.open().map(Mark::Open)];
        let word = |mark: Option<Mark<'_>>| mark.and_then(|mark| mark.word());
        tokens
            .into_iter()
            .take(MOST_WORDS)
            .chain(narrow.into_iter().filter_map(word))
            .chain(wide.into_iter().filter_map(word))
            .collect()
    }

    /// Where to look: what stands under all the words, and whatever has changed since.
    async fn look(&self, c: &mut Conn<'_>, late: (i64, i64)) -> Result<Look, DbError> {
        let district = self.scope.district;
        // What changed is asked for before the index is, or a batch written in between would pass it from the one to the other.
        let changed = words::spoken_of(c, district, late).await?;
        let next = stands(words::counted(c, district, words::NUMBERS).await?).0;
        let known: HashMap<CaseId, i64> =
            words::docs_of(c, district, &changed).await?.into_iter().map(|doc| (doc.case, doc.doc)).collect();
        let mut look = Look { words: self.required(), next, step: 4, changed: Docs::new(), unknown: Vec::new() };
        for id in changed {
            match known.get(&id) {
                Some(doc) => look.changed.entry(stands(*doc).0).or_default().insert(stands(*doc).1),
                None => look.unknown.push(id),
            }
        }
        Ok(look)
    }

    /// Few open cases: read where they stand in the list, sorted, and shown from the cursor on.
    async fn few(&self, c: &mut Conn<'_>, (docs, unknown): (&[i64], &[CaseId])) -> Result<DeskPage, DbError> {
        let mut ids: Vec<CaseId> = words::cases_of(c, self.scope.district, docs).await?.into_iter().map(|(_, id)| id).collect();
        ids.extend(unknown);
        let mut places = store::places(c, &self.scope, self.filter, (&ids, self.ctx.now())).await?;
        places.sort_by_key(|place| (place.group, place.due, place.id));
        places.retain(|place| self.goes_on_at(place));
        let ids: Vec<CaseId> = places.into_iter().map(|place| place.id).collect();
        let mut cases = Vec::new();
        for some in ids.chunks(usize::try_from(PAGE + 1).unwrap_or(1)) {
            cases.extend(self.in_order(c, some).await?);
            if cases.len() > page_len() {
                break;
            }
        }
        let more = cut(&mut cases);
        Ok(Self::page(cases, more, |case| self.cursor(case)))
    }

    /// Whether a case stands after the cursor.
    fn goes_on_at(&self, place: &Place) -> bool {
        match self.after {
            Some(DeskCursor::Due(group, due, id)) => (place.group, place.due, place.id) > (group, due, id),
            Some(DeskCursor::Before(id)) => place.id < id,
            _ => true,
        }
    }

    /// These cases as far as they may be shown and have the words, in this order.
    async fn in_order(&self, c: &mut Conn<'_>, ids: &[CaseId]) -> Result<Vec<Case>, DbError> {
        let there = store::those(c, &self.scope, self.filter, ids).await?;
        let mut there: HashMap<CaseId, Case> = there.into_iter().map(|case| (case.id, case)).collect();
        Ok(ids.iter().filter_map(|id| there.remove(id)).filter(|case| self.shows(case)).collect())
    }

    /// Along the list, so many cases at a time, until the page is full.
    async fn walk(&self, c: &mut Conn<'_>, stride: i64) -> Result<DeskPage, DbError> {
        let mut cases = Vec::new();
        let mut after = self.after;
        loop {
            let stretch = self.stretch(c, after, stride).await?;
            let last = stretch.last().map(|case| self.cursor(case));
            let ended = i64::try_from(stretch.len()).unwrap_or(i64::MAX) < stride;
            cases.extend(stretch.into_iter().filter(|case| self.shows(case)));
            if ended || cases.len() > page_len() {
                break;
            }
            after = last;
        }
        let more = cut(&mut cases);
        Ok(Self::page(cases, more, |case| self.cursor(case)))
    }

    /// Ended cases, or all: in the order of the index, which is that of the reports but for what was brought in later. What it does not
    /// know yet stands on top.
    async fn newest(&self, c: &mut Conn<'_>, mut look: Look) -> Result<DeskPage, DbError> {
        let mut cases: Vec<(Option<i64>, Case)> = Vec::new();
        let before = match self.after {
            Some(DeskCursor::Before(id)) => Some(id),
            _ => None,
        };
        let earlier = |case: &Case| before.is_none_or(|before| case.id < before);
        let from = match self.after {
            Some(DeskCursor::Doc(doc)) => {
                look.next = look.next.min(stands(doc).0);
                doc
            }
            _ => {
                let mut unknown = std::mem::take(&mut look.unknown);
                unknown.sort_by(|a, b| b.cmp(a));
                cases.extend(self.in_order(c, &unknown).await?.into_iter().filter(earlier).map(|case| (None, case)));
                i64::MAX
            }
        };
        while cases.len() <= page_len() {
            let Some(found) = look.step(c, self.scope.district).await? else { break };
            let docs: Vec<i64> = falling(&found).into_iter().skip_while(|doc| *doc >= from).collect();
            for some in docs.chunks(usize::try_from(PAGE + 1).unwrap_or(1)) {
                if cases.len() > page_len() {
                    break;
                }
                let numbers: HashMap<CaseId, i64> =
                    words::cases_of(c, self.scope.district, some).await?.into_iter().map(|(doc, id)| (id, doc)).collect();
                let mut ids: Vec<CaseId> = numbers.keys().copied().collect();
                ids.sort_by_key(|id| std::cmp::Reverse(numbers.get(id).copied()));
                let there = self.in_order(c, &ids).await?;
                cases.extend(there.into_iter().filter(earlier).map(|case| (numbers.get(&case.id).copied(), case)));
            }
        }
        let more = cut(&mut cases);
        let next = cases.last().filter(|_| more).map(|(doc, case)| doc.map_or(DeskCursor::Before(case.id), DeskCursor::Doc));
        Ok(DeskPage { numbered: Vec::new(), cases: cases.into_iter().map(|(_, case)| case).collect(), next, late: false })
    }
}

fn page_len() -> usize {
    usize::try_from(PAGE).unwrap_or(usize::MAX)
}

/// Cuts a list to a page and says whether there was more.
fn cut<T>(list: &mut Vec<T>) -> bool {
    let more = list.len() > page_len();
    list.truncate(page_len());
    more
}

/// The group that begins with each case of a list in groups; nothing where it goes on with the one before.
#[must_use]
pub(crate) fn headings(view: View, cases: &[Case]) -> Vec<Option<Group>> {
    let mut before = None;
    let begins = |case: &Case| {
        let group = Group::of(case);
        (before.replace(group) != Some(group)).then_some(group)
    };
    if view == View::Open { cases.iter().map(begins).collect() } else { vec![None; cases.len()] }
}
