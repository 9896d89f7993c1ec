use super::*;

#[track_caller]
fn next(at: &str, schedule: &str, zone: &str) -> String {
    let zone = if zone.is_empty() { TimeZone::UTC } else { TimeZone::find(zone).expect("a zone") };
    let at = Time::parse_rfc3339(at).expect("a time");
    let schedule = parse(schedule).unwrap_or_else(|refusal| panic!("{schedule}: {refusal}"));
    schedule.next_after(at, &zone).map_or_else(|| "never".into(), Time::rfc3339)
}

#[test]
fn next_times_of_robfigs_table() {
    for (at, schedule, zone, expected) in [
        ("2012-07-09T14:45:00Z", "0/15 * * * *", "", "2012-07-09T15:00:00Z"),
        ("2012-07-09T14:59:00Z", "0/15 * * * *", "", "2012-07-09T15:00:00Z"),
        ("2012-07-09T14:59:59Z", "0/15 * * * *", "", "2012-07-09T15:00:00Z"),
        ("2012-07-09T15:45:00Z", "20-35/15 * * * *", "", "2012-07-09T16:20:00Z"),
        ("2012-07-09T23:46:00Z", "*/15 * * * *", "", "2012-07-10T00:00:00Z"),
        ("2012-07-09T23:35:51Z", "20-35/15 1/2 */2 * *", "", "2012-07-11T01:20:00Z"),
        ("2012-07-09T23:35:51Z", "20-35/15 * * * *", "", "2012-07-10T00:20:00Z"),
        ("2012-07-09T23:35:00Z", "0 0 9 Apr-Oct ?", "", "2012-08-09T00:00:00Z"),
        ("2012-07-09T23:35:00Z", "0 0 */5 Apr,Aug,Oct Mon", "", "2012-08-01T00:00:00Z"),
        ("2012-07-09T23:35:00Z", "0 0 */5 Oct Mon", "", "2012-10-01T00:00:00Z"),
        ("2012-07-09T23:35:00Z", "0 0 * Feb Mon", "", "2013-02-04T00:00:00Z"),
        ("2012-07-09T23:35:00Z", "0 0 * Feb Mon/2", "", "2013-02-01T00:00:00Z"),
        ("2012-12-31T23:59:45Z", "* * * * *", "", "2013-01-01T00:00:00Z"),
        ("2012-07-09T23:35:00Z", "0 0 29 Feb ?", "", "2016-02-29T00:00:00Z"),
        ("2012-07-09T23:35:00Z", "0 0 30 Feb ?", "", "never"),
        ("2012-07-09T23:35:00Z", "0 0 31 Apr ?", "", "never"),
        ("2096-03-01T00:00:00Z", "0 0 29 Feb ?", "", "never"),
        // The local time that does not exist falls out; hourly ones just go on.
        ("2012-03-11T05:00:00Z", "30 2 11 Mar ?", "America/New_York", "2013-03-11T06:30:00Z"),
        ("2012-03-11T05:00:00Z", "0 * * * ?", "America/New_York", "2012-03-11T06:00:00Z"),
        ("2012-03-11T06:00:00Z", "0 * * * ?", "America/New_York", "2012-03-11T07:00:00Z"),
        ("2012-03-11T07:00:00Z", "0 * * * ?", "America/New_York", "2012-03-11T08:00:00Z"),
        ("2012-03-11T05:00:00Z", "0 1 * * ?", "America/New_York", "2012-03-11T06:00:00Z"),
        ("2012-03-11T05:00:00Z", "0 2 * * ?", "America/New_York", "2012-03-12T06:00:00Z"),
        // The local time that comes twice counts twice.
        ("2012-11-04T04:00:00Z", "0 * * * ?", "America/New_York", "2012-11-04T05:00:00Z"),
        ("2012-11-04T05:00:00Z", "0 * * * ?", "America/New_York", "2012-11-04T06:00:00Z"),
        ("2012-11-04T06:00:00Z", "0 * * * ?", "America/New_York", "2012-11-04T07:00:00Z"),
        ("2012-11-04T04:00:00Z", "0 1 * * ?", "America/New_York", "2012-11-04T05:00:00Z"),
        ("2012-11-04T05:00:00Z", "0 1 * * ?", "America/New_York", "2012-11-04T06:00:00Z"),
        ("2012-11-04T06:00:00Z", "0 1 * * ?", "America/New_York", "2012-11-05T06:00:00Z"),
        ("2012-11-04T04:00:00Z", "30 2 4 Nov ?", "America/New_York", "2012-11-04T07:30:00Z"),
        // A day that starts at one.
        ("2018-10-17T09:00:00Z", "0 9 10 * ?", "America/Sao_Paulo", "2018-11-10T11:00:00Z"),
        ("2018-11-03T12:00:00Z", "0 * * * ?", "America/Sao_Paulo", "2018-11-03T13:00:00Z"),
        ("2018-11-04T02:30:00Z", "0 * * * ?", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),
        ("2018-11-03T12:00:00Z", "0 0 * * ?", "America/Sao_Paulo", "2018-11-05T02:00:00Z"),
        ("2026-11-20T00:00:00Z", "0 9 * * 1-5", "Asia/Seoul", "2026-11-23T00:00:00Z"),
        ("2026-11-20T00:00:00Z", "30 5 * * *", "Asia/Kolkata", "2026-11-21T00:00:00Z"),
        (
            "2026-11-20T00:00:00Z",
            "TZ=Asia/Seoul 0 10 * * *",
            "America/New_York",
            "2026-11-20T01:00:00Z",
        ),
    ] {
        assert_eq!(next(at, schedule, zone), expected, "{schedule} after {at} {zone}");
    }
}

#[test]
fn which_days_match() {
    // 2026-11-01 is a Sunday.
    let days = |schedule: &str| -> String {
        let schedule = parse(schedule).expect("a schedule");
        let end = Time::parse_rfc3339("2026-11-30T23:59:59Z").expect("a time");
        let mut at = Time::parse_rfc3339("2026-10-31T23:59:59Z").expect("a time");
        let mut days = Vec::new();
        while let Some(due) = schedule.next_after(at, &TimeZone::UTC).filter(|due| *due <= end) {
            days.push(
                due.rfc3339().get(8..10).unwrap_or_default().trim_start_matches('0').to_owned(),
            );
            at = due;
        }
        days.join(" ")
    };
    for (schedule, expected) in [
        ("0 0 * * Sun", "1 8 15 22 29"),
        ("0 0 ? * Sun", "1 8 15 22 29"),
        ("0 0 */1 * Sun", "1 8 15 22 29"),
        ("0 0 1,* * Sun", "1 8 15 22 29"),
        ("0 0 */10 * Sun", "1 8 11 15 21 22 29"),
        ("0 0 1,15 * Sun", "1 8 15 22 29"),
        ("0 0 13 * Fri", "6 13 20 27"),
        ("0 0 13 * *", "13"),
        ("0 0 13 * */2", "1 3 5 7 8 10 12 13 14 15 17 19 21 22 24 26 28 29"),
        ("0 0 */2 * *", "1 3 5 7 9 11 13 15 17 19 21 23 25 27 29"),
        ("0 0 10-20/5 * *", "10 15 20"),
        ("0 0 25/2 * ?", "25 27 29"),
        ("0 0 *-5 11 6", "7 14 21 28"),
        ("0 0 31 * *", ""),
        ("0 0 ,, * Sun", "1 8 15 22 29"),
        ("@weekly", "1 8 15 22 29"),
        ("@monthly", "1"),
    ] {
        assert_eq!(days(schedule), expected, "{schedule}");
    }
}

#[test]
fn descriptors_and_spans() {
    let at = "2026-11-20T10:20:30Z";
    for (schedule, expected) in [
        ("@yearly", "2027-01-01T00:00:00Z"),
        ("@annually", "2027-01-01T00:00:00Z"),
        ("@daily", "2026-11-21T00:00:00Z"),
        ("@midnight", "2026-11-21T00:00:00Z"),
        ("@hourly", "2026-11-20T11:00:00Z"),
        ("@every 1h30m", "2026-11-20T11:50:30Z"),
        ("@every 90s", "2026-11-20T10:22:00Z"),
        ("@every 1.5m", "2026-11-20T10:22:00Z"),
        ("@every 500ms", "2026-11-20T10:20:31Z"),
        ("@every 2500ms", "2026-11-20T10:20:32Z"),
        ("@every 0", "2026-11-20T10:20:31Z"),
        ("@every -5m", "2026-11-20T10:20:31Z"),
        (",, * * * *", "never"),
        ("* * * , *", "never"),
        (" 0  0\t1 1 * ", "2027-01-01T00:00:00Z"),
        ("+5 007 * * *", "2026-11-21T07:05:00Z"),
        ("*/90 * * * *", "2026-11-20T11:00:00Z"),
    ] {
        assert_eq!(next(at, schedule, ""), expected, "{schedule}");
    }
    assert_eq!(next("2026-11-20T10:20:30.5Z", "@every 1m", ""), "2026-11-20T10:21:30Z");
}

#[test]
fn refusals_in_the_parsers_words() {
    let atoi = |part: &str| {
        format!("failed to parse int from {part}: strconv.Atoi: parsing \"{part}\": invalid syntax")
    };
    for (schedule, expected) in [
        ("", "empty spec string".to_owned()),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]".to_owned()),
        ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]".to_owned()),
        ("xyz", "expected exactly 5 fields, found 1: [xyz]".to_owned()),
        ("  ", "expected exactly 5 fields, found 0: []".to_owned()),
        ("xyz * * * *", atoi("xyz")),
        ("* * * * sunday", atoi("sunday")),
        ("* * * * L", atoi("L")),
        ("-5 * * * *", atoi("")),
        ("/5 * * * *", atoi("")),
        ("* * * * sun-", atoi("")),
        ("5-*  * * * *", atoi("*")),
        ("99999999999999999999 * * * *", "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value out of range".to_owned()),
        ("*/-12 * * * *", "negative number (-12) not allowed: -12".to_owned()),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0".to_owned()),
        ("60 * * * *", "end of range (60) above maximum (59): 60".to_owned()),
        ("* * * * 1-7", "end of range (7) above maximum (6): 1-7".to_owned()),
        ("* * * * 7", "end of range (7) above maximum (6): 7".to_owned()),
        ("50-40 * * * *", "beginning of range (50) beyond end of range (40): 50-40".to_owned()),
        ("60/15 * * * *", "beginning of range (60) beyond end of range (59): 60/15".to_owned()),
        ("* 22-2 * * *", "beginning of range (22) beyond end of range (2): 22-2".to_owned()),
        ("* * * * fri-mon", "beginning of range (5) beyond end of range (1): fri-mon".to_owned()),
        ("*/0 * * * *", "step of range should be a positive number: */0".to_owned()),
        ("5--5 * * * *", "too many hyphens: 5--5".to_owned()),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3".to_owned()),
        ("*//2 * * * *", "too many slashes: *//2".to_owned()),
        ("0 0 0 * 9", "beginning of range (0) below minimum (1): 0".to_owned()),
        ("@reboot", "unrecognized descriptor: @reboot".to_owned()),
        ("@Hourly", "unrecognized descriptor: @Hourly".to_owned()),
        ("@hourly ", "unrecognized descriptor: @hourly ".to_owned()),
        ("@every", "unrecognized descriptor: @every".to_owned()),
        ("@every Xm", "failed to parse duration @every Xm: time: invalid duration \"Xm\"".to_owned()),
        ("@every  5m", "failed to parse duration @every  5m: time: invalid duration \" 5m\"".to_owned()),
        ("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\"".to_owned()),
        ("@every 1d", "failed to parse duration @every 1d: time: unknown unit \"d\" in duration \"1d\"".to_owned()),
        ("@every ", "failed to parse duration @every : time: invalid duration \"\"".to_owned()),
        ("TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]".to_owned()),
        ("CRON_TZ=x", "invalid schedule format: runtime error: slice bounds out of range [:-1]".to_owned()),
        ("TZ=Bad/Zone 0 0 * * *", "provided bad location Bad/Zone: unknown time zone Bad/Zone".to_owned()),
        ("TZ=UTC 0 0 * *", "expected exactly 5 fields, found 4: [0 0 * *]".to_owned()),
        ("파드 * * * *", atoi("파드")),
    ] {
        assert_eq!(parse(schedule).map(|_| ()), Err(expected), "{schedule}");
    }
}

#[test]
fn names_of_zones() {
    for name in
        ["Asia/Seoul", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "GMT", "EST5EDT"]
    {
        assert!(TimeZone::find(name).is_some(), "{name}");
    }
    for name in ["asia/seoul", "Asia/Seoul ", "", "Seoul", "KST", "Asia"] {
        assert!(TimeZone::find(name).is_none(), "{name}");
    }
}
