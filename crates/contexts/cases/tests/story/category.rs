//! The city changes what it calls a ticket.

use linli_cases::commands::{self, Correction, NewTicket, Receipt, TICKET_CLASS};
use linli_cases::{Case, CaseId, queries};
use linli_db::Db;

use crate::classes::listed;
use crate::hotline::{table_of_tickets, ticket};
use crate::house::{DESK, DISTRICT, House, act};

const LIST: &str = "一级分类,二级分类,三级分类,时限,责任岗位,办理流程,报修类别\n\
    公用事业,供水,停水,same_day,community_secretary,,water_pipe\n\
    公用事业,供水,其他,,,,\n\
    公用事业,供电,停电,fifteen_days,,repair,power\n\
    公用事业,供电,其他,,,,\n";

impl House {
    /// The city sends the ticket again under this category.
    async fn recategorised(&self, category: &str) -> (Receipt, Case) {
        let received = self.receive(NewTicket { category: category.to_owned(), ..ticket() }).await.unwrap();
        (received.receipt, self.case(received.ticket.case).await)
    }

    async fn message_of(&self, case: &Case) -> Option<String> {
        let mut read = self.db.read().await.unwrap();
        let class = queries::message_class(&mut read.conn(), DISTRICT, case.message_class?).await.unwrap().unwrap();
        Some(class.path.to_string())
    }

    async fn count_of(&self, id: CaseId, kind: &str) -> usize {
        self.kinds(id).await.iter().filter(|there| *there == kind).count()
    }
}

linli_db::both_databases! {
    /// What means exactly one class of the list of the place is followed, with its clock and a line; whatever means none or several is noted.
    async fn a_case_follows_what_the_city_calls_its_ticket(db: Db) {
        let house = House::new(db).await;
        listed(&house, LIST).await;
        let (_, first) = house.recategorised("停水").await;
        let id = first.id;
        assert_eq!(house.message_of(&first).await.as_deref(), Some("公用事业 / 供水 / 停水"));
        let lines = house.lines(id).await.len();
        house.clock.advance_secs(600);

        let (receipt, followed) = house.recategorised("停电").await;
        assert_eq!((receipt, followed.id), (Receipt::Changed, id));
        assert_eq!(house.message_of(&followed).await.as_deref(), Some("公用事业 / 供电 / 停电"));
        assert_eq!((followed.class.as_str(), followed.profile.as_deref()), (TICKET_CLASS, Some("hotline")), "it still goes the way of tickets");
        assert!(followed.due_at > first.due_at, "the clock that the city wrote beside its class counts");
        let new = house.lines(id).await.split_off(lines);
        let kinds: Vec<&str> = new.iter().map(|line| line.kind.as_str()).collect();
        // Nobody had taken it yet: it goes to whom the class names that counts now.
        assert_eq!(kinds, ["cases.ticket_changed", "cases.category_followed", "cases.assigned", "cases.deadline_moved"]);
        let (changed, line, moved) = (new[0].facts(), new[1].facts(), new[3].facts());
        assert_eq!((changed["category_before"].as_str(), changed["category"].as_str()), (Some("停水"), Some("停电")));
        assert_eq!((line["category_before"].as_str(), line["category"].as_str()), (Some("停水"), Some("停电")));
        assert_eq!(line["message_before"], serde_json::json!(first.message_class));
        assert_eq!((line["message"].clone(), new[1].actor.as_str()), (serde_json::json!(followed.message_class), "system:hotline"));
        assert_eq!((moved["why"].as_str(), moved["due_at"].as_i64()), (Some("class"), followed.due_at.map(|due| due.0)));

        for (category, why) in [("其他", "several"), ("供水", "no lowest level"), ("没有这一类", "none"), ("", "nothing")] {
            let (receipt, case) = house.recategorised(category).await;
            assert_eq!((receipt, case.message_class, case.due_at), (Receipt::Changed, followed.message_class, followed.due_at), "{why}");
            let noted = house.lines(id).await.pop().unwrap();
            assert_eq!((noted.kind.as_str(), noted.facts()["category"].as_str()), ("cases.ticket_changed", Some(category)), "{why}");
        }
        // The same word by its whole path is the class that it has: a line of the ticket, and nothing else.
        house.recategorised("公用事业/供电/停电").await;
        assert_eq!(house.count_of(id, "cases.category_followed").await, 1);
        assert_eq!(house.recategorised("公用事业/供电/停电").await.0, Receipt::Unchanged);
        house.fold().await;
        house.clean().await;
    }

    /// What somebody here has chosen by hand stands, whatever the city writes later; so does what has ended.
    async fn what_was_chosen_by_hand_stands(db: Db) {
        let house = House::new(db).await;
        listed(&house, LIST).await;
        let (_, first) = house.recategorised("停水").await;
        let to = Correction { class: TICKET_CLASS.to_owned(), ..Correction::default() };
        act!(house, tx => commands::correct_class(&house.staff(DESK), tx, &house.office, first.id, (&to, "不是停水"))).unwrap();
        let corrected = house.case(first.id).await;
        assert_eq!(corrected.message_class, None);
        let (receipt, case) = house.recategorised("停电").await;
        assert_eq!((receipt, case.message_class, case.due_at), (Receipt::Changed, None, corrected.due_at));
        let noted = house.lines(first.id).await.pop().unwrap();
        assert_eq!((noted.kind.as_str(), noted.facts()["category"].as_str()), ("cases.ticket_changed", Some("停电")));

        let other = |category: &str| NewTicket { ticket_no: "GD2".to_owned(), category: category.to_owned(), ..ticket() };
        let ended = house.receive(other("停水")).await.unwrap().ticket.case;
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, ended, "不归我们管")).unwrap();
        let before = house.case(ended).await;
        assert_eq!(house.receive(other("停电")).await.unwrap().receipt, Receipt::Changed);
        assert_eq!(house.case(ended).await, before);
        house.fold().await;
        house.clean().await;
    }

    /// The same by a table of tickets.
    async fn a_table_says_another_category(db: Db) {
        let house = House::new(db).await;
        listed(&house, LIST).await;
        let table = "工单编号,标题,内容,类别\nGD1,停水,三栋停水,停水\nGD2,停水,四栋停水,停水\n";
        assert_eq!(table_of_tickets(&house, table, false).await, (2, 0, 0, 0));
        let again = table.replace("三栋停水,停水", "三栋停水,停电");
        assert_eq!(table_of_tickets(&house, &again, true).await, (0, 1, 1, 0), "a trial writes nothing");
        let case = async |no: &str| {
            let mut read = house.db.read().await.unwrap();
            let all = queries::DeskFilter { view: queries::View::All, ..queries::DeskFilter::default() };
            let cases = queries::desk(&house.staff(DESK), &mut read.conn(), &all, None).await.unwrap().cases;
            cases.into_iter().find(|case| case.description.contains(no)).unwrap()
        };
        assert_eq!(house.message_of(&case("三栋").await).await.as_deref(), Some("公用事业 / 供水 / 停水"));
        assert_eq!(table_of_tickets(&house, &again, false).await, (0, 1, 1, 0));
        let (changed, same) = (case("三栋").await, case("四栋").await);
        assert_eq!(house.message_of(&changed).await.as_deref(), Some("公用事业 / 供电 / 停电"));
        assert_eq!(house.message_of(&same).await.as_deref(), Some("公用事业 / 供水 / 停水"));
        assert_eq!((house.count_of(changed.id, "cases.category_followed").await, house.count_of(same.id, "cases.category_followed").await), (1, 0));
        house.clean().await;
    }
}
