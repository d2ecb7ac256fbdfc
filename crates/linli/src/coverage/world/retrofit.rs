//! A stairwell that wants a lift, and something that is renovated.

use linli_access::{Actor, Ctx, Role, Scope};
use linli_retrofit::LiftOffice;
use linli_retrofit::commands::homes::{Said, say};
use linli_retrofit::commands::items::enter;
use linli_retrofit::commands::project::begin;
use linli_retrofit::commands::talks::object;
use linli_retrofit::commands::{Photo, schemes};
use linli_retrofit::model::{By, Entry, Fire, Funding, LiftId, Matter, Operating, SchemeBody, Stance, Way};
use linli_retrofit::queries::{self, Whole};
use uuid::Uuid;

use super::{Ground, Who, World};
use crate::coverage::asks::Ask;

/// A stairwell by ids: its home that said yes on paper, the scheme it chose, an open objection, the photo of the paper.
pub struct Lift {
    /// The project.
    pub id: String,
    /// The path of the home.
    pub home: String,
    /// The scheme.
    pub scheme: String,
    /// The objection.
    pub objection: String,
    /// The photo.
    pub paper: String,
}

impl World {
    fn of_lifts(&self, at: &Ground) -> Ctx {
        let scope = Scope { district: at.district, place: at.estate.clone() };
        let (person, appointment) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let actor = Actor::Staff { person, appointment, role: Role::CommunitySecretary, scope };
        Ctx { actor, ..self.ctx() }
    }

    /// The stairwell of a place; it is begun once, where the walk begins by the secretary, who therefore convenes.
    pub async fn lift(&self, at: &Ground) -> Lift {
        let (ctx, office) = (self.of_lifts(at), self.built.hall.service::<LiftOffice>().unwrap());
        let known = {
            let mut read = self.db.read().await.unwrap();
            queries::list(&ctx, &mut read.conn()).await.unwrap().first().map(|line| line.project.id)
        };
        let id = match known {
            Some(id) => id,
            None => self.begin_lift(at, (&ctx, &office)).await,
        };
        let whole = self.whole_lift((&ctx, &office), id).await;
        let word = whole.words.first().unwrap();
        Lift {
            id: id.to_string(),
            home: word.home.to_string(),
            scheme: whole.schemes.first().unwrap().id.to_string(),
            objection: whole.objections.first().unwrap().id.to_string(),
            paper: word.paper.unwrap().to_string(),
        }
    }

    async fn whole_lift(&self, (ctx, office): (&Ctx, &LiftOffice), id: LiftId) -> Whole {
        let mut read = self.db.read().await.unwrap();
        queries::whole(ctx, &mut read.conn(), office, id).await.unwrap()
    }

    async fn begin_lift(&self, at: &Ground, (ctx, office): (&Ctx, &LiftOffice)) -> LiftId {
        let place = format!("{}/1栋/1单元", at.estate_code);
        let id = if at.mark == self.here.mark {
            let asked = Ask::form("/lifts", &[("place", &place)]);
            let answer = self.ask(Who::Staff(Role::CommunitySecretary), &asked).await;
            let location = answer.headers.get("location").unwrap_or_else(|| panic!("{}", answer.text));
            location.to_str().unwrap().trim_start_matches("/lifts/").parse().unwrap()
        } else {
            let mut tx = self.db.begin(at.district).await.unwrap();
            let id = begin(ctx, &mut tx, office, &place).await.unwrap();
            tx.commit().await.unwrap();
            id
        };
        let home = self.whole_lift((ctx, office), id).await.homes.first().unwrap().place.clone();
        let hash = self.db.blobs().put(b"paper".to_vec()).await.unwrap();
        let photo = Photo { hash, bytes: 5, thumb: hash, thumb_bytes: 5 };
        let said = Said { stance: Stance::Agree, way: Way::Paper, reason: None, day: "", who: "", said: "", witness: "" };
        let body = SchemeBody {
            name: "甲".to_owned(),
            entry: Entry::Level,
            operating: Operating::Owned,
            pipes: Vec::new(),
            fire: Fire::Kept,
            note: String::new(),
            total: 100,
            subsidy: 0,
            outside: 0,
            by: By::Household,
            coefficients: Vec::new(),
            compensation: Vec::new(),
            running: 0,
            overhaul: 0,
            ride: 0,
            shaft: Vec::new(),
        };
        let mut tx = self.db.begin(at.district).await.unwrap();
        say(ctx, &mut tx, office, (id, &home), (said, Some(photo))).await.unwrap();
        let scheme = schemes::put(ctx, &mut tx, office, (id, None), body).await.unwrap();
        schemes::choose(ctx, &mut tx, id, scheme).await.unwrap();
        object(ctx, &mut tx, office, id, (None, Matter::Noise, false, "机房声音")).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A new renovation item of a place.
    pub async fn renovation(&self, at: &Ground) -> String {
        let (ctx, office) = (self.of_lifts(at), self.built.hall.service::<LiftOffice>().unwrap());
        let mut tx = self.db.begin(at.district).await.unwrap();
        let what = (at.estate_code, "lighting", "");
        let id = enter(&ctx, &mut tx, &office, what, Funding::default()).await.unwrap();
        tx.commit().await.unwrap();
        id.to_string()
    }
}
