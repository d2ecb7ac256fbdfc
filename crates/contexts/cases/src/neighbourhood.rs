//! The ports of this room towards the earlier rooms: territory, people, board.

use std::sync::Arc;

use linli_access::{Role, Scope};
use linli_board::{BoardCase, BoardCode, BoardError, BoardSection, SectionAnswer};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_people::PeopleError;
use linli_people::model::{Answering, AppointmentId};
use linli_territory::TerritoryError;
use linli_territory::model::Crumb;
use uuid::Uuid;

use crate::model::{CaseState, Owner};
use crate::neighbours::{NamedPlace, Neighbours, PlacesAround, StaffCard};
use crate::office::{Office, PortFuture, WhoAnswers};
use crate::pages::words;
use crate::queries;
use crate::rules::Colleague;

/// The real neighbours: what the binary wires as `Arc<dyn Neighbours>` and gives to [`Office::new`] as [`WhoAnswers`].
#[derive(Debug, Default, Clone, Copy)]
pub struct Neighbourhood;

impl WhoAnswers for Neighbourhood {
    fn answering<'a>(
        &'a self,
        c: &'a mut Conn<'_>,
        district: DistrictId,
        place: &'a PlacePath,
        at: Ts,
    ) -> PortFuture<'a, Result<Vec<Colleague>, DbError>> {
        Box::pin(async move {
            let found = linli_people::queries::answering_for(c, district, place, at).await.map_err(people)?;
            let owner = |a: &Answering| Owner { person: a.person.0, appointment: a.appointment.0, role: a.role };
            Ok(found.into_iter().map(|a| (owner(&a), a.person_name)).collect())
        })
    }

    fn seated<'a>(
        &'a self,
        c: &'a mut Conn<'_>,
        district: DistrictId,
        (place, roles): (&'a PlacePath, &'a [Role]),
        at: Ts,
    ) -> PortFuture<'a, Result<Vec<Uuid>, DbError>> {
        Box::pin(async move {
            let mut found = Vec::new();
            for whose in [district, DistrictId::CITY] {
                found.extend(
                    linli_people::queries::persons_in_roles(c, whose, place, (roles, SEATED_MAX), at).await.map_err(people)?,
                );
            }
            Ok(found.into_iter().map(|person| person.0).collect())
        })
    }

    fn in_force<'a>(
        &'a self,
        c: &'a mut Conn<'_>,
        district: DistrictId,
        appointments: &'a [Uuid],
        at: Ts,
    ) -> PortFuture<'a, Result<Vec<Uuid>, DbError>> {
        Box::pin(async move {
            let ids: Vec<AppointmentId> = appointments.iter().copied().map(AppointmentId).collect();
            let mut found = Vec::with_capacity(ids.len());
            // Whoever looks after the whole city acts in the district under an appointment of the city.
            for whose in [district, DistrictId::CITY] {
                found.extend(linli_people::queries::in_force(c, whose, &ids, at).await.map_err(people)?);
            }
            Ok(found.into_iter().map(|id| id.0).collect())
        })
    }
}

impl Neighbours for Neighbourhood {
    fn place_of_code<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        code: &'a str,
    ) -> PortFuture<'a, Result<Option<(DistrictId, PlacePath)>, DbError>> {
        Box::pin(async move {
            match code.parse::<BoardCode>() {
                Ok(code) => linli_board::queries::place_of_code(c, &code).await.map_err(board),
                // A mistyped code hangs nowhere.
                Err(_) => Ok(None),
            }
        })
    }

    fn place_of_key<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        key: &'a str,
    ) -> PortFuture<'a, Result<Option<PlacePath>, DbError>> {
        Box::pin(async move {
            if let Some(place) = linli_territory::queries::resolve(c, district, key).await.map_err(territory)? {
                return Ok(Some(place.path));
            }
            let Ok(path) = key.parse::<PlacePath>() else { return Ok(None) };
            Ok(linli_territory::queries::place_at(c, district, &path).await.map_err(territory)?.map(|place| place.path))
        })
    }

    fn district_name<'a, 'c: 'a>(&'a self, c: &'a mut Conn<'c>, district: DistrictId) -> PortFuture<'a, Result<String, DbError>> {
        Box::pin(async move {
            let served = linli_territory::queries::district(c, district).await.map_err(territory)?;
            Ok(served.map_or_else(|| district.0.to_string(), |served| served.name))
        })
    }

    fn boards_meant<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        scope: &'a Scope,
        words: &'a str,
        most: usize,
    ) -> PortFuture<'a, Result<Vec<(String, String)>, DbError>> {
        Box::pin(boards_meant(c, scope, words, most))
    }

    fn places_meant<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        scope: &'a Scope,
        words: &'a str,
        most: usize,
    ) -> PortFuture<'a, Result<Vec<NamedPlace>, DbError>> {
        Box::pin(places_meant(c, scope, words, most))
    }

    fn place_name<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
    ) -> PortFuture<'a, Result<String, DbError>> {
        Box::pin(async move { Ok(aloud(&linli_territory::queries::crumbs(c, district, place).await.map_err(territory)?)) })
    }

    fn place_names<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        places: &'a [PlacePath],
    ) -> PortFuture<'a, Result<Vec<String>, DbError>> {
        Box::pin(async move {
            let ways = linli_territory::queries::ways(c, district, places).await.map_err(territory)?;
            Ok(ways.iter().map(|way| aloud(way)).collect())
        })
    }

    fn places_around<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
    ) -> PortFuture<'a, Result<PlacesAround, DbError>> {
        Box::pin(async move {
            let crumbs = linli_territory::queries::crumbs(c, district, place).await.map_err(territory)?;
            let children = linli_territory::queries::children(c, district, place).await.map_err(territory)?;
            let under = children.into_iter().filter(|child| child.level < PlaceLevel::Home).map(|child| (child.path, child.name));
            let above = crumbs.into_iter().map(|crumb| (crumb.path, crumb.name)).collect();
            Ok(PlacesAround { above, under: under.collect() })
        })
    }

    fn staff<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        appointment: Uuid,
    ) -> PortFuture<'a, Result<Option<StaffCard>, DbError>> {
        Box::pin(async move {
            let Some(held) = linli_people::queries::appointment(c, district, AppointmentId(appointment)).await.map_err(people)?
            else {
                return Ok(None);
            };
            let person = linli_people::queries::person(c, district, held.person).await.map_err(people)?;
            Ok(person.map(|person| StaffCard { role: held.role, name: person.name, phone: held.public_phone }))
        })
    }
}

/// Estates that a word may mean.
const ESTATES: usize = 12;
/// Most people of a district in the roles that a class speaks about; a report of a whole district would mean all its stewards.
const SEATED_MAX: i64 = 500;
/// Boards of one estate that are looked through.
const BOARDS: i64 = 600;

/// The first word is the estate, the others narrow it down: a building, an entrance.
async fn boards_meant(c: &mut Conn<'_>, scope: &Scope, words: &str, most: usize) -> Result<Vec<(String, String)>, DbError> {
    let mut parts = words.split(|c: char| c.is_whitespace() || "/，,、".contains(c)).filter(|part| !part.is_empty());
    let Some(name) = parts.next() else { return Ok(Vec::new()) };
    let narrower: Vec<&str> = parts.collect();
    let estates = linli_territory::queries::estates_named(c, scope.district, &scope.place, name).await.map_err(territory)?;
    let exact: Vec<_> = estates.iter().filter(|estate| estate.name == name).cloned().collect();
    let estates = if exact.is_empty() { estates } else { exact };
    // Many estates: only their own boards, so that one can be chosen.
    let whole = estates.len() > 1 && narrower.is_empty();
    let mut found = Vec::new();
    for estate in estates.into_iter().take(ESTATES) {
        let boards = linli_board::queries::boards_under(c, scope.district, &estate.path, "", BOARDS).await.map_err(board)?;
        let boards: Vec<_> = boards.into_iter().filter(|(path, _)| !whole || *path == estate.path).collect();
        let paths: Vec<PlacePath> = boards.iter().map(|(path, _)| path.clone()).collect();
        let ways = linli_territory::queries::ways(c, scope.district, &paths).await.map_err(territory)?;
        for (way, (_, code)) in ways.iter().zip(boards) {
            let called = aloud(way);
            if narrower.iter().all(|part| called.split(' ').any(|step| step == *part || step.starts_with(part))) {
                found.push((called, code.to_string()));
            }
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Fewer letters than these mean no place: 「灯」 is looked for in the text.
const PLACE_LETTERS: usize = 2;

/// As [`boards_meant`], of the places themselves. Written together (「樟浦大院3栋」) they are told apart by the numbers.
async fn places_meant(c: &mut Conn<'_>, scope: &Scope, words: &str, most: usize) -> Result<Vec<NamedPlace>, DbError> {
    let found = places_called(c, scope, words, most).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    let mut apart = String::with_capacity(words.len());
    let mut before = ' ';
    for letter in words.chars() {
        if letter.is_ascii_digit() && !before.is_ascii_digit() && !before.is_whitespace() {
            apart.push(' ');
        }
        apart.push(letter);
        before = letter;
    }
    if apart == words { Ok(found) } else { places_called(c, scope, &apart, most).await }
}

async fn places_called(c: &mut Conn<'_>, scope: &Scope, words: &str, most: usize) -> Result<Vec<NamedPlace>, DbError> {
    let mut parts = words.split(|c: char| c.is_whitespace() || "/，,、".contains(c)).filter(|part| !part.is_empty());
    let Some(name) = parts.next().filter(|name| name.chars().count() >= PLACE_LETTERS) else { return Ok(Vec::new()) };
    let named = linli_territory::queries::estates_named(c, scope.district, &scope.place, name).await.map_err(territory)?;
    let mut here: Vec<PlacePath> = exact(named.into_iter().map(|place| (place.path, place.name)), name, ESTATES);
    for part in parts {
        let mut below = Vec::new();
        for place in here {
            let children = linli_territory::queries::children(c, scope.district, &place).await.map_err(territory)?;
            let fitting = children.into_iter().filter(|child| child.name.starts_with(part));
            below.extend(exact(fitting.map(|child| (child.path, child.name)), part, ESTATES));
        }
        here = below;
    }
    here.retain(|place| place.depth() < PlaceLevel::Home.depth());
    here.truncate(most);
    let ways = linli_territory::queries::ways(c, scope.district, &here).await.map_err(territory)?;
    Ok(here.into_iter().zip(ways.iter().map(|way| aloud(way))).collect())
}

/// Those that are called exactly so, else all, at most so many.
fn exact(named: impl Iterator<Item = NamedPlace>, name: &str, most: usize) -> Vec<PlacePath> {
    let named: Vec<NamedPlace> = named.collect();
    let whole = named.iter().any(|(_, called)| called == name);
    named.into_iter().filter(|(_, called)| !whole || called == name).map(|(path, _)| path).take(most).collect()
}

/// What a place is called aloud: from the estate down, or its own name above.
fn aloud(way: &[Crumb]) -> String {
    let near: Vec<&str> = way.iter().filter(|crumb| crumb.level >= PlaceLevel::Estate).map(|crumb| crumb.name.as_str()).collect();
    if near.is_empty() { way.last().map(|crumb| crumb.name.clone()).unwrap_or_default() } else { near.join(" ") }
}

/// The part of this room on every board: what is being worked on and what was lately solved.
#[derive(Debug, Clone)]
pub struct CasesOnBoard(pub Arc<Office>);

impl BoardSection for CasesOnBoard {
    fn section<'a, 'c: 'a>(
        &'a self,
        c: &'a mut Conn<'c>,
        district: DistrictId,
        place: &'a PlacePath,
        now: Ts,
    ) -> SectionAnswer<'a> {
        Box::pin(async move {
            let rules = self.0.rules(place, now).map_err(|e| {
                tracing::error!(error = %e, "no rules for a board");
                DbError::Unavailable(None)
            })?;
            let rows = queries::board_rows(c, district, place, now).await?;
            Ok(rows
                .into_iter()
                .map(|row| BoardCase {
                    title: rules.classes().find(&row.class).map_or(row.class.as_str(), |class| class.name(false)).to_owned(),
                    title_en: rules.classes().find(&row.class).map_or(row.class.as_str(), |class| class.name(true)).to_owned(),
                    state_word_key: match row.state {
                        // The reporter is asked on his private page; a board talks to everybody.
                        CaseState::AwaitingConfirmation => "cases-board-awaiting".to_owned(),
                        state => format!("cases-state-{state}"),
                    },
                    state_kind: words::state_tone(row.state),
                    number: row.number,
                    promised: row.promised,
                    solved: row.solved,
                })
                .collect())
        })
    }
}

pub(crate) fn territory(error: TerritoryError) -> DbError {
    match error {
        TerritoryError::Db(error) => error,
        other => foreign("territory", &other),
    }
}

pub(crate) fn people(error: PeopleError) -> DbError {
    match error {
        PeopleError::Db(error) => error,
        PeopleError::Territory(error) => territory(error),
        other => foreign("people", &other),
    }
}

fn board(error: BoardError) -> DbError {
    match error {
        BoardError::Db(error) => error,
        other => foreign("board", &other),
    }
}

/// A look-up that is refused for another reason than the store is a mistake of ours, not of the caller.
fn foreign(room: &'static str, error: &dyn std::error::Error) -> DbError {
    DbError::Inconsistent { table: room, column: "look-up", row: error.to_string() }
}
