//! Who is there: found by name, staff number, role and place, a page at a time.

use askama::Template;
use axum::extract::{Query, State};
use linli_access::Role;
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::view::{Choice, Pager};
use linli_webkit::{AppError, FieldProblem, Page, Problems, Shell, T, address};
use serde::Deserialize;

use super::{Line, open_districts, organisation_line, person_line};
use crate::model::{Appointment, StaffFilter, StaffLine};
use crate::queries;

/// People of a page.
const ROWS: i64 = 50;
/// Organisations under them.
const ORGANISATIONS: i64 = 20;
/// Longest text to look for, in characters.
const ASKED_CHARS: usize = 60;

/// One district to look into.
struct DistrictLink {
    href: String,
    name: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "people-list.html")]
pub(crate) struct ListPage {
    shell: Shell,
    t: T,
    districts: Vec<DistrictLink>,
    district: i64,
    problems: Problems,
    asked: Asked,
    roles: Vec<Choice>,
    people: Vec<Line>,
    pager: Pager,
    organisations: Vec<Line>,
    organisation_pager: Pager,
}

/// What is asked for, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    district: Option<i64>,
    #[serde(default)]
    q: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    place: String,
    /// The staff number after which the page begins.
    #[serde(default)]
    after: String,
    /// The name after which the organisations begin.
    #[serde(default)]
    organisations_after: String,
}

impl Asked {
    fn tidy(mut self) -> Self {
        for text in [&mut self.q, &mut self.place] {
            *text = text.trim().chars().filter(|c| !c.is_control()).take(ASKED_CHARS).collect();
        }
        self
    }

    /// Whether it asks for posts, which organisations have none of.
    fn about_posts(&self) -> bool {
        !self.role.is_empty() || !self.place.is_empty()
    }

    /// Whether anything at all is asked for.
    fn narrowed(&self) -> bool {
        !self.q.is_empty() || self.about_posts()
    }

    /// The address of the same question, from another place in one of its lists.
    fn href(&self, district: DistrictId, after: (&str, &str)) -> String {
        let district = district.0.to_string();
        let asked = [("district", district.as_str()), ("q", &self.q), ("role", &self.role), ("place", &self.place), after];
        address("/admin/people", &asked)
    }
}

/// `GET /admin/people`.
pub(crate) async fn list(
    caller: Caller,
    State(hall): State<Hall>,
    Query(asked): Query<Asked>,
) -> Result<Page<ListPage>, AppError> {
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (t, asked, now) = (caller.info.t().clone(), asked.tidy(), hall.now());
    let open = open_districts(&caller, c, &t).await?;
    let (district, _) = match asked.district {
        Some(wanted) => open.iter().find(|(id, _)| id.0 == wanted).ok_or_else(AppError::not_found)?,
        None => open.first().ok_or_else(AppError::not_found)?,
    };
    let district = *district;
    let (under, problems) = place_of(c, district, &asked.place).await?;
    let filter = StaffFilter { text: asked.q.clone(), role: asked.role.parse::<Role>().ok(), under };
    let found = match problems.is_empty() {
        true => queries::find_staff(c, district, &filter, now, (&asked.after, ROWS)).await?,
        false => Vec::new(),
    };
    let posts = words_of_posts(c, &t, district, &found, now).await?;
    let organisations = match asked.about_posts() {
        true => Vec::new(),
        false => queries::find_organisations(c, district, &asked.q, (&asked.organisations_after, ORGANISATIONS)).await?,
    };
    let first = asked.href(district, ("after", ""));
    let pager = Pager {
        first: if asked.after.is_empty() { String::new() } else { first.clone() },
        older: found
            .last()
            .filter(|_| full(found.len(), ROWS))
            .map(|last| asked.href(district, ("after", &last.code)))
            .unwrap_or_default(),
    };
    let organisation_pager = Pager {
        first: if asked.organisations_after.is_empty() { String::new() } else { first },
        older: organisations
            .last()
            .filter(|_| full(organisations.len(), ORGANISATIONS))
            .map(|last| asked.href(district, ("organisations_after", &last.name)))
            .unwrap_or_default(),
    };
    let districts = open.iter().map(|(id, name)| DistrictLink {
        href: format!("/admin/people?district={}", id.0),
        name: name.clone(),
        here: *id == district,
    });
    Ok(Page(ListPage {
        shell: caller.shell(t.s("people-title")),
        districts: districts.collect(),
        district: district.0,
        problems,
        roles: Role::ALL.map(|role| Choice::new(role.as_str(), t.s(&format!("role-{role}")))).into(),
        people: found.iter().zip(posts).map(|(who, more)| Line { more, ..person_line(district, who) }).collect(),
        pager,
        organisations: organisations.iter().map(|o| organisation_line(&t, district, o)).collect(),
        organisation_pager,
        asked,
        t,
    }))
}

fn full(found: usize, page: i64) -> bool {
    i64::try_from(found).is_ok_and(|n| n == page)
}

/// The place that was typed, or what to say when it is none.
async fn place_of(c: &mut Conn<'_>, district: DistrictId, typed: &str) -> Result<(Option<PlacePath>, Problems), AppError> {
    if typed.is_empty() {
        return Ok((None, Problems::default()));
    }
    Ok(match linli_territory::queries::place_meant(c, district, typed).await? {
        Some(place) => (Some(place.path), Problems::default()),
        None => (None, Problems(vec![FieldProblem::new("place", "people-place-unclear")])),
    })
}

/// What each of them is appointed as now, and where, in words.
async fn words_of_posts(
    c: &mut Conn<'_>,
    t: &T,
    district: DistrictId,
    people: &[StaffLine],
    now: linli_kernel::Ts,
) -> Result<Vec<String>, AppError> {
    let ids: Vec<_> = people.iter().map(|who| who.id).collect();
    let posts = queries::posts_of(c, district, &ids, now).await?;
    let mut words = Vec::with_capacity(people.len());
    for who in people {
        let held: &[Appointment] = posts.get(&who.id).map(Vec::as_slice).unwrap_or_default();
        let places: Vec<PlacePath> = held.iter().map(|post| post.place.clone()).collect();
        let ways = linli_territory::queries::ways(c, district, &places).await?;
        let lines = held.iter().zip(ways).map(|(post, way)| {
            let role = t.s(&format!("role-{}", post.role)).into_owned();
            let place: Vec<String> = way.into_iter().skip(3).map(|crumb| crumb.name).collect();
            said_once([role.as_str(), post.title.as_str(), place.join(" ").as_str()]).join(" ")
        });
        words.push(lines.collect::<Vec<_>>().join(t.s("people-and").as_ref()));
    }
    Ok(words)
}

/// Words beside each other without empty ones, and without a title that says what the role before it says.
pub(super) fn said_once<const N: usize>(words: [&str; N]) -> Vec<&str> {
    let mut said: Vec<&str> = Vec::with_capacity(N);
    for word in words {
        if !word.is_empty() && said.last() != Some(&word) {
            said.push(word);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_is_the_role_is_said_once() {
        assert_eq!(said_once(["网格员", "网格员", "大影壁社区"]), ["网格员", "大影壁社区"]);
        assert_eq!(said_once(["网格员", "", "大影壁社区"]), ["网格员", "大影壁社区"]);
        assert_eq!(said_once(["网格员", "第三网格网格员", ""]), ["网格员", "第三网格网格员"]);
    }

    #[test]
    fn a_value_stays_one_value_in_an_address() {
        let asked = Asked { q: "P-1 陈&q=#".into(), place: "E/3栋".into(), ..Asked::default() };
        let href = asked.href(DistrictId(1), ("after", "P2"));
        assert_eq!(href, "/admin/people?district=1&q=P-1+%E9%99%88%26q%3D%23&place=E%2F3%E6%A0%8B&after=P2");
        assert_eq!(Asked::default().href(DistrictId(1), ("after", "")), "/admin/people?district=1");
    }
}
