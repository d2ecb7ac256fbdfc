//! What must be heard as danger to life, and what must not: a table of how people say it.

use linli_kernel::{PlacePath, Ts};
use linli_rulebook::Rulebook;

use super::{Classes, PACKS, Rules};

const DANGER: [&str; 87] = [
    "孩子掉水里了",
    "有个小孩刚刚在湖边掉水里了",
    "老人掉进池塘了",
    "有人落水了",
    "孩子掉进化粪池",
    "老奶奶失足掉河里了",
    "被砸了",
    "路过楼下，被砸了",
    "有人被花盆砸了",
    "孩子被掉下来的瓷砖砸到头",
    "没有心跳",
    "老人没有心跳了",
    "心脏骤停",
    "他不喘气",
    "爷爷不喘气了",
    "噎着了",
    "奶奶吃汤圆噎着了",
    "孩子被果冻噎住",
    "卡住喉咙",
    "鱼刺卡在喉咙里",
    "着了火",
    "楼里着了火",
    "三楼着火了",
    "厨房起了火",
    "电动车自燃",
    "一氧化碳",
    "一氧化碳报警响了，人头晕",
    "刺伤",
    "有人被刺伤",
    "他被人捅了",
    "墙倒了",
    "围墙倒了压着人",
    "孩子被电梯夹住",
    "小孩的手被电梯门夹了",
    "头卡在栏杆里",
    "老人被压在下面",
    "工人被埋了",
    "孩子反锁在屋里",
    "老人摔了一跤起不来",
    "爷爷失去意识",
    "有人持枪",
    "他有枪",
    "他手里拿着一把刀",
    "邻居被打，满脸是血",
    "有人要跳河",
    "老太太中暑了",
    "高压线倒了一地，人被电了",
    "fire in the building",
    "There is a big fire on the third floor",
    "he has a gun",
    "someone with a gun at the gate",
    "A child fell into the pond",
    "my father is not breathing",
    "cardiac arrest",
    "no pulse",
    "she is choking on food",
    "carbon monoxide",
    "someone was stabbed",
    "the wall collapsed",
    "an old man fell and passed out",
    "a man is stuck in the lift",
    "I smell gas",
    "gas leak",
    "someone is unconscious",
    "people are trapped",
    "a boy is pinned under the gate",
    "the house is burning",
    "天然气管被挖断了，在漏气",
    "燃气管道破了，气往外冒",
    "窨井里掉进去一个人",
    "电梯突然往下坠，里面有人",
    "电梯往下掉",
    "爷爷突然说不出话，半边身子动不了",
    "男人掐着女人脖子",
    "有人掐我脖子",
    "老公要杀我",
    "有人威胁要杀我",
    "车里锁着孩子，太热了",
    "孩子吞了纽扣电池",
    "孩子误吞了电池",
    "孩子吞了异物",
    "孩子被玻璃扎了，血止不住",
    "止不住血",
    "血流不止",
    "河里有人在扑腾",
    "the lift dropped two floors with people inside",
    "a toddler swallowed a battery",
];

/// Talk of every day, some of it with the same words.
const EVERY_DAY: [&str; 76] = [
    "灯泡被砸了",
    "楼道的灯被人砸坏了",
    "灯坏了，被砸坏的",
    "扶手被砸了",
    "玻璃被球砸碎了",
    "水管被埋在地下看不见",
    "手机卡在沙发里",
    "门禁卡在机器里取不出来",
    "钥匙掉进下水道了",
    "球掉到池子里",
    "落水管漏水",
    "屋面落水口堵了",
    "小区的树被砍了",
    "树没了，被砍了",
    "我的车位被抢了",
    "广场舞吵死人了",
    "垃圾臭得要命",
    "树快死了",
    "楼下有死老鼠",
    "水压太低，热水器不工作",
    "充电枪坏了，有枪也充不上",
    "充电桩的枪头断了",
    "水枪坏了",
    "轮胎被扎",
    "老鼠咬断电线槽",
    "电线槽被烧黑，师傅说要换插座",
    "单元门被石头夹住关不上",
    "物业没意识到问题",
    "按门铃没人应",
    "人行道砖翘起来了",
    "人行道上掉了一块砖",
    "其他住户的箱子压在我家门口",
    "车被划了一道",
    "路灯倒了",
    "牌子倒了",
    "灭火器过期了",
    "消防通道被占",
    "消防栓没水",
    "心跳加速，楼上太吵",
    "电梯按钮被卡住了",
    "业主的车出不来",
    "垃圾桶满了",
    "有人把沙发扔在楼道",
    "楼上油烟呛人",
    "空调外机滴水",
    "居民反映有刺鼻气味",
    "老人上下楼不方便，想装电梯",
    "孩子在楼道里踢球",
    "邻居装修砸墙声音大",
    "燃气公司明天来检查",
    "燃气表没电了",
    "请工人来修落水管",
    "门被反锁了打不开",
    "楼上的水漏到我家",
    "the lamp is burning all day",
    "the fire exit is blocked",
    "fire extinguisher expired",
    "fire door does not close",
    "The bin is overflowing",
    "someone stuck posters on the wall",
    "the tree is dying",
    "water leak under the sink",
    "key stuck in the door lock",
    "there is a break in the water pipe",
    "the intercom is not responding",
    "charging gun is broken",
    "someone burnt rubbish last week",
    "a bicycle blocks the stairs",
    "the lift is out of order",
    "no hot water on the fifth floor",
    "井盖锁着打不开",
    "车锁着挪不走",
    "钥匙掉进去了拿不出来",
    "我被楼上吵得睡不着",
    "花坛里的管子挖断了",
    "水管被挖断了",
];

fn classes() -> Classes {
    let book = Rulebook::builtin(&PACKS).unwrap();
    Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap().classes().clone()
}

#[test]
fn danger_is_heard_and_talk_of_every_day_is_not() {
    let classes = classes();
    let missed: Vec<&str> = DANGER.into_iter().filter(|text| classes.call_first(text).is_empty()).collect();
    assert_eq!(missed, Vec::<&str>::new());
    let caught: Vec<&str> = EVERY_DAY.into_iter().filter(|text| !classes.call_first(text).is_empty()).collect();
    assert_eq!(caught, Vec::<&str>::new());
    // Whatever class was chosen for it.
    let lamp = classes.find("stair_lamp").cloned();
    let missed: Vec<&str> = DANGER.into_iter().filter(|text| classes.call_for(text, lamp.as_deref()).is_empty()).collect();
    assert_eq!(missed, Vec::<&str>::new());
}

#[test]
fn the_sentence_of_the_danger_is_told() {
    let classes = classes();
    for (text, said) in [
        ("楼道灯不亮。孩子掉水里了，快来！已经两天", Some("孩子掉水里了，快来")),
        ("燃气泄漏有人昏迷", Some("燃气泄漏有人昏迷")),
        ("来电人反映\n她家老人没有心跳\n请速办", Some("她家老人没有心跳")),
        ("The lamp is out! He has a GUN", Some("He has a GUN")),
        ("楼道灯不亮", None),
    ] {
        assert_eq!(classes.danger_said(text), said, "{text}");
    }
}

#[test]
fn danger_names_whom_to_call() {
    let classes = classes();
    assert_eq!(classes.call_first("楼道里电动车起火,有人受伤"), ["119", "120"]);
    assert_eq!(classes.call_first("闻到煤气味"), ["119"]);
    assert_eq!(classes.call_first("楼道灯不亮"), Vec::<String>::new());
    assert_eq!(classes.call_first("The kitchen is on FIRE"), ["119"]);
    for (text, call) in [
        ("电梯里困了人", "119"),
        ("3栋电梯现在还困着一位老人", "119"),
        ("楼要塌了", "119"),
        ("厨房的燃气好像在漏", "119"),
        ("小孩掉到河里了", "119"),
        ("老伴昏过去了", "120"),
        ("她喝了农药", "120"),
        ("邻居要上吊", "110"),
        ("有人撬门", "110"),
    ] {
        assert!(classes.call_first(text).iter().any(|number| number == call), "{text}");
    }
    // What sounds like it and is not.
    for text in ["被电动车挡住了路", "走廊很久没被打扫", "下水道漏水，燃气公司明天来", "轮胎漏气", "门禁刷卡没反应", "树要砍一砍"]
    {
        assert_eq!(classes.call_first(text), Vec::<String>::new(), "{text}");
    }
}
