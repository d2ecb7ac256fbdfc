//! Owner votes.

use std::sync::Arc;

use jiff::ToSpan as _;
use linli_access::{Actor, Ctx, Role, Scope};
use linli_ballot::BallotOffice;
use linli_ballot::commands::papers::{NewPaper, Picture, register};
use linli_ballot::commands::votes::{NewVote, Opening, draft, open, post};
use linli_ballot::commands::{register as owners, sweep};
use linli_ballot::import::{Holder, Part};
use linli_ballot::model::{AreaSource, Call, Mode, Silent, Standing, UnitKind, VoteId};
use linli_ballot::queries::units_under;
use linli_kernel::{Area, Clock, FakeClock, Ts};
use uuid::Uuid;

use super::{Ground, World};

const DAY_SECS: i64 = 86_400;

/// How far a vote has to be for a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Posted,
    Open,
    Closed,
}

/// A vote, and what belongs to it, by ids.
pub struct Vote {
    /// The vote.
    pub id: String,
    /// A paper ballot of it that waits, where it is open.
    pub scan: String,
    /// A part of the register.
    pub unit: String,
}

impl World {
    fn voting(&self, at: &Ground, when: Ts) -> Ctx {
        let scope = Scope { district: at.district, place: at.estate.clone() };
        let (person, appointment) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let actor = Actor::Staff { person, appointment, role: Role::CommunitySecretary, scope };
        Ctx { actor, clock: FakeClock::at(when), ..self.ctx() }
    }

    /// A new vote of an estate, as far as it is asked for, made at the times at which it has to be.
    pub async fn vote(&self, at: &Ground, stage: Stage) -> Vote {
        let office: Arc<BallotOffice> = self.built.hall.service::<BallotOffice>().unwrap();
        let now = Clock::now(self.clock.as_ref());
        let (then, later) = (now.plus_secs(-40 * DAY_SECS), now.plus_secs(-12 * DAY_SECS));
        let mut begun = self.db.begin(at.district).await.unwrap();
        let tx = &mut begun;
        let part = |room: &str| {
            let code = format!("{}/1栋/1单元/{room}", at.estate_code);
            Part {
                line: 1,
                place: code.clone(),
                code,
                kind: UnitKind::Dwelling,
                area: Area(5_250),
                source: AreaSource::Register,
                standing: Standing::Owned,
                owners: vec![Holder { name: "业主".to_owned(), document: format!("TEST-{room:0>6}"), speaks: true }],
            }
        };
        owners::record(&self.voting(at, then), tx, &office, &[part("101"), part("102")]).await.unwrap();
        let unit = units_under(&mut tx.conn().unwrap(), at.district, &at.estate).await.unwrap()[0].id.to_string();
        let title = format!("{}表决", at.mark);
        let new = NewVote {
            place: at.estate.clone(),
            mode: Mode::Binding,
            call: Call::Regular,
            title: &title,
            body: "",
            topics: vec![(Some(5), "使用维修资金".to_owned())],
            with_parking: false,
            silent: Silent::NotParticipating,
            silent_basis: "",
        };
        let id: VoteId = draft(&self.voting(at, then), tx, &office, &new).await.unwrap();
        let mut scan = String::new();
        if stage != Stage::Draft {
            post(&self.voting(at, then), tx, &office, id, ("社区", "http://127.0.0.1")).await.unwrap();
        }
        if matches!(stage, Stage::Open | Stage::Closed) {
            let days = if stage == Stage::Open { 20 } else { 5 };
            let closes_on = later.local().date().checked_add(days.days()).unwrap();
            open(&self.voting(at, later), tx, &office, id, Opening { closes_on, declared: None }).await.unwrap();
        }
        if stage == Stage::Open {
            // Of the vote alone: the same picture twice would be refused.
            let mut drawn = [0; 32];
            self.ctx().rng.fill(&mut drawn);
            let hash = self.db.blobs().put(drawn.to_vec()).await.unwrap();
            let new = NewPaper {
                seat: 1,
                picture: Picture { hash, bytes: 32 },
                choices: &"y".parse().unwrap(),
                proxy: None,
                replaces: false,
            };
            scan = register(&self.voting(at, later), tx, &office, id, &new).await.unwrap().to_string();
        }
        if stage == Stage::Closed {
            sweep(&self.ctx(), tx, &office, 1_000).await.unwrap();
        }
        begun.commit().await.unwrap();
        Vote { id: id.to_string(), scan, unit }
    }
}
