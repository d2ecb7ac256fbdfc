//! Meetings and proposals.

use linli_access::{Actor, Ctx, Role, Scope};
use linli_council::commands::Words;
use linli_council::commands::closing::{approve, confirm_on_paper, write};
use linli_council::commands::holding::{Came, hold};
use linli_council::commands::meetings::{NewItem, NewMeeting, NewSeat, When, add_item, call, draft, invite};
use linli_council::commands::proposals::{NewProposal, propose, show};
use linli_council::model::{Electorate, Kind, Party, Presence, State};
use linli_council::{CouncilOffice, queries};
use linli_kernel::{Clock as _, Ts};
use uuid::Uuid;

use super::{Ground, World};

impl World {
    fn of_council(&self, at: &Ground) -> Ctx {
        let place = at.estate.parent().unwrap();
        let scope = Scope { district: at.district, place };
        let (person, appointment) = (Uuid::from_u128(1), Uuid::from_u128(2));
        Ctx { actor: Actor::Staff { person, appointment, role: Role::CommunitySecretary, scope }, ..self.ctx() }
    }

    /// A meeting of the community of a place that is so far: one that is there, or a new one. Its id.
    pub async fn meeting(&self, at: &Ground, state: State) -> String {
        let ctx = self.of_council(at);
        let known = queries::desk(&ctx, &mut self.db.read().await.unwrap().conn()).await.unwrap();
        let now = self.clock.now();
        let fits = |one: &linli_council::model::Meeting| one.state == state && (state != State::Called || one.starts_at > now);
        match known.into_iter().find(fits) {
            Some(meeting) => meeting.id.to_string(),
            None => self.new_meeting(at, &ctx, state).await,
        }
    }

    async fn new_meeting(&self, at: &Ground, ctx: &Ctx, state: State) -> String {
        let office = self.built.hall.service::<CouncilOffice>().unwrap();
        // What is to be held begins in a minute; what waits, in some days.
        let after = if matches!(state, State::Draft | State::Called) { 5 * 86_400 } else { 60 };
        let starts_at = Ts(self.clock.now().0 + after * 1_000_000);
        let title = format!("{}联席会议", at.mark);
        let when = When { title: &title, starts_at, ends_at: starts_at.plus_secs(3_600), venue: "会议室" };
        let place = at.estate.parent().unwrap();
        let new = NewMeeting { kind: Kind::Joint, place, convener: at.mark, when };
        let words = Words { title: title.clone(), body: "议程".to_owned() };
        let mut begun = self.db.begin(at.district).await.unwrap();
        let tx = &mut begun;
        let id = draft(ctx, tx, &new).await.unwrap();
        let item = NewItem { title: at.mark, matter: "", place: None, source: None, electorate: Electorate::Council };
        add_item(ctx, tx, id, &item).await.unwrap();
        let seat = NewSeat { party: Party::Community, person: None, title: at.mark, name: "", heads: 1 };
        invite(ctx, tx, &office, id, &seat).await.unwrap();
        if state != State::Draft {
            call(ctx, tx, &office, id, (&words, "急事")).await.unwrap();
        }
        begun.commit().await.unwrap();
        if matches!(state, State::Draft | State::Called) {
            return id.to_string();
        }
        self.clock.advance_secs(61);
        let seats = queries::file(ctx, &mut self.db.read().await.unwrap().conn(), &office, id).await.unwrap().file.seats;
        let came: Vec<Came> = seats.iter().map(|seat| (seat.id, Presence::Present, seat.heads)).collect();
        let mut begun = self.db.begin(at.district).await.unwrap();
        let tx = &mut begun;
        hold(ctx, tx, &office, id, &came).await.unwrap();
        write(ctx, tx, id, ("记录", "")).await.unwrap();
        if state == State::Approved {
            for seat in &seats {
                confirm_on_paper(ctx, tx, id, seat.id).await.unwrap();
            }
            approve(ctx, tx, &office, id).await.unwrap();
        }
        begun.commit().await.unwrap();
        id.to_string()
    }

    /// A new proposal of a place that everybody sees, with a telephone: its id.
    pub async fn proposal(&self, at: &Ground) -> String {
        let (ctx, office) = (self.of_council(at), self.built.hall.service::<CouncilOffice>().unwrap());
        let neighbour = Ctx { actor: Actor::Visitor, ..self.ctx() };
        let title = format!("{}装休息椅", at.mark);
        let new =
            NewProposal { place: at.estate.clone(), title: &title, body: "没地方坐", phone: Some("13900000000".to_owned()) };
        let mut tx = self.db.begin(at.district).await.unwrap();
        let (id, _) = propose(&neighbour, &mut tx, &office, &new).await.unwrap();
        show(&ctx, &mut tx, id, (&title, "没地方坐")).await.unwrap();
        tx.commit().await.unwrap();
        id.to_string()
    }
}
