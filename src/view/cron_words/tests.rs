use super::*;

/// Expression, English, Korean.
const TABLE: [(&str, &str, &str); 51] = [
    ("* * * * *", "every minute", "매분"),
    ("*/1 * * * *", "every minute", "매분"),
    ("*/5 * * * *", "every 5 minutes", "5분마다"),
    ("0/15 * * * *", "every 15 minutes", "15분마다"),
    ("0,15,30,45 * * * *", "every 15 minutes", "15분마다"),
    ("0 * * * *", "every hour on the hour", "매시 정각"),
    ("30 * * * *", "every hour at :30", "매시 30분"),
    ("5,35 * * * *", "every hour at :05 and :35", "매시 5분과 35분"),
    ("0,20,50 * * * *", "every hour at :00, :20 and :50", "매시 정각, 20분과 50분"),
    ("10-20 * * * *", "every minute from :10 to :20", "매시 10분부터 20분까지 매분"),
    ("0 */2 * * *", "every 2 hours on the hour", "2시간마다 정각"),
    ("15 */6 * * *", "every 6 hours at :15", "6시간마다 15분"),
    ("*/10 */2 * * *", "every 10 minutes of every 2nd hour", "2시간마다 그 시간 동안 10분마다"),
    ("0 9 * * *", "every day at 09:00", "매일 오전 9시"),
    ("30 9 * * *", "every day at 09:30", "매일 오전 9시 30분"),
    ("0 0 * * *", "every day at midnight", "매일 자정"),
    ("0 12 * * *", "every day at noon", "매일 정오"),
    ("30 12 * * *", "every day at 12:30", "매일 오후 12시 30분"),
    ("30 0 * * *", "every day at 00:30", "매일 오전 0시 30분"),
    ("0 9,18 * * *", "every day at 09:00 and 18:00", "매일 오전 9시와 오후 6시"),
    ("0,30 9 * * *", "every day at 09:00 and 09:30", "매일 오전 9시와 오전 9시 30분"),
    ("0 9 * * 1-5", "on weekdays at 09:00", "평일 오전 9시"),
    ("0 9 * * mon-FRI", "on weekdays at 09:00", "평일 오전 9시"),
    ("0 9 * * 1,2,3,4,5", "on weekdays at 09:00", "평일 오전 9시"),
    ("0 10 * * 0,6", "at weekends at 10:00", "주말 오전 10시"),
    ("0 10 * * 6,0", "at weekends at 10:00", "주말 오전 10시"),
    ("0 3 * * 0", "on Sundays at 03:00", "일요일 오전 3시"),
    ("0 3 * * 1,3,5", "on Mondays, Wednesdays and Fridays at 03:00", "월·수·금요일 오전 3시"),
    ("0 3 * * 2-4", "from Tuesday to Thursday at 03:00", "화요일부터 목요일까지 오전 3시"),
    ("*/5 * * * 1-5", "every 5 minutes, on weekdays", "평일 5분마다"),
    (
        "0 9-17 * * 1-5",
        "every hour on the hour from 09:00 to 17:00, on weekdays",
        "평일 오전 9시부터 오후 5시까지 매시 정각",
    ),
    (
        "*/15 9-17 * * *",
        "every 15 minutes from 09:00 to 17:59",
        "오전 9시부터 오후 6시 전까지 15분마다",
    ),
    ("* 9 * * *", "every minute from 09:00 to 09:59", "오전 9시부터 오전 10시 전까지 매분"),
    (
        "*/10 9-17 * * *",
        "every 10 minutes from 09:00 to 17:59",
        "오전 9시부터 오후 6시 전까지 10분마다",
    ),
    (
        "*/10 20-23 * * *",
        "every 10 minutes from 20:00 to 23:59",
        "오후 8시부터 자정 전까지 10분마다",
    ),
    ("23 0-20/2 * * *", "every 2 hours from 00:23 to 20:23", "0시부터 20시까지 2시간마다 23분에"),
    (
        "0,30 8-18/2 * * *",
        "every 2 hours from 08:00 to 18:00, at :00 and :30",
        "8시부터 18시까지 2시간마다 정각과 30분에",
    ),
    (
        "*/10 8-20/4 * * *",
        "every 10 minutes of every 4th hour from 08:00 to 20:00",
        "8시부터 20시까지 4시간마다 그 시간 동안 10분마다",
    ),
    (
        "*/20 8,20 * * *",
        "every 20 minutes in the hours from 08:00 and 20:00",
        "오전 8시와 오후 8시부터 한 시간 동안 20분마다",
    ),
    ("0 0 1 * *", "on day 1 of the month at midnight", "매월 1일 자정"),
    ("0 6 1,15 * *", "on days 1 and 15 of the month at 06:00", "매월 1·15일 오전 6시"),
    ("0 6 1-7 * *", "on days 1 to 7 of the month at 06:00", "매월 1일부터 7일까지 오전 6시"),
    ("0 6 */2 * *", "on every 2nd day of the month at 06:00", "매월 2일 간격으로 오전 6시"),
    (
        "0 0 13 * 5",
        "on day 13 of the month and on Fridays at midnight",
        "매월 13일, 그리고 금요일 자정",
    ),
    ("0 0 1 1 *", "on day 1 of the month at midnight, in January", "매년 1월 1일 자정"),
    ("0 9 * 6-8 *", "every day at 09:00, from June to August", "6월부터 8월까지 매일 오전 9시"),
    (
        "0 9 * 3,6,9,12 1",
        "on Mondays at 09:00, in March, June, September and December",
        "3·6·9·12월 월요일 오전 9시",
    ),
    ("@daily", "every day at midnight", "매일 자정"),
    ("@hourly", "every hour on the hour", "매시 정각"),
    ("@weekly", "on Sundays at midnight", "일요일 자정"),
    ("@every 1h30m", "1h30m after the last run", "직전 실행에서 1시간 30분마다"),
];

#[test]
fn expressions_are_said_in_both_languages() {
    let said = TABLE.map(|(expression, ..)| {
        (expression, words(expression, Language::En), words(expression, Language::Ko))
    });
    let wrong: Vec<_> = said
        .iter()
        .zip(TABLE)
        .filter(|((_, english, korean), (_, en, ko))| {
            english.as_deref() != Some(*en) || korean.as_deref() != Some(*ko)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_zone_of_the_expression_is_taken_off_and_named() {
    let expression = "TZ=Asia/Seoul 0 9 * * 1-5";
    assert_eq!(words(expression, Language::En).as_deref(), Some("on weekdays at 09:00"));
    assert_eq!(own_zone(expression), Some("Asia/Seoul"));
    assert_eq!((own_zone("0 9 * * *"), own_zone("TZ= 0 9 * * *")), (None, None));
}

#[test]
fn what_the_server_refuses_has_no_words() {
    for expression in ["", "61 * * * *", "* * * *", "@reboot", "0 9 * * 7", "nonsense"] {
        assert_eq!(words(expression, Language::En), None, "{expression}");
    }
}

/// Whatever reads also has words, for every pair of a field's forms.
#[test]
fn whatever_reads_has_words() {
    let forms = ["*", "0", "1,4", "1-5", "*/2", "3-4"];
    for minute in forms {
        for hour in forms {
            for day in ["*", "1", "1,4", "1-5", "*/2"] {
                for weekday in forms {
                    let expression = format!("{minute} {hour} {day} * {weekday}");
                    for language in Language::ALL {
                        let said = words(&expression, language).unwrap();
                        assert!(!said.is_empty() && !said.contains('{'), "{expression}: {said}");
                    }
                }
            }
        }
    }
}
