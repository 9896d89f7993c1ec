//! awk, the part that people write behind a pipe: patterns, `BEGIN` and `END`, `print` and `printf`, variables, arrays,
//! `if` and `for (KEY in ARRAY)`. What else the language has is refused by name.

mod functions;
mod program;
mod read;
mod run;
mod tokens;
mod value;

pub(crate) use run::Awk;

const UNKNOWN: &str = "this part of the language is not part of this shell";

/// What stands behind `awk`: the program, the separator of `-F`, the variables of `-v`, the names of files.
#[derive(Debug, Default)]
pub(crate) struct Call {
    program: Option<String>,
    separator: Option<String>,
    variables: Vec<(String, String)>,
    pub(crate) names: Vec<String>,
}

impl Call {
    /// Reads the words behind `awk`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let mut call = Self::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let flag = word.get(..2).filter(|flag| matches!(*flag, "-F" | "-v"));
            match flag {
                Some(flag) if call.program.is_none() => {
                    let value = match word.get(2..) {
                        Some(value) if !value.is_empty() => value,
                        _ => words.next().ok_or_else(|| {
                            format!(
                                "option requires an argument -- '{}'",
                                flag.trim_start_matches('-')
                            )
                        })?,
                    };
                    match (flag, value.split_once('=')) {
                        ("-F", _) => {
                            call.separator =
                                Some(if value == "t" { "\t" } else { value }.to_owned());
                        }
                        (_, Some((name, value))) => {
                            call.variables.push((name.to_owned(), value.to_owned()));
                        }
                        _ => {
                            return Err(format!(
                                "`{value}' argument to `-v' not in `var=value' form"
                            ));
                        }
                    }
                }
                _ if call.program.is_some() => call.names.push(word.to_owned()),
                _ if word == "--" => {}
                _ if word.len() > 1 && word.starts_with('-') => {
                    return Err(format!("{word}: {UNKNOWN}"));
                }
                _ => call.program = Some(word.to_owned()),
            }
        }
        Ok(call)
    }

    /// The program.
    ///
    /// # Errors
    /// What is wrong with it, or not here.
    pub(crate) fn awk(&self) -> Result<Awk, String> {
        let program = self.program.as_deref().ok_or("usage: awk 'PROGRAM' [FILE]...")?;
        Awk::parse(program, self.separator.as_deref(), &self.variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str], input: &str) -> String {
        let mut output = String::new();
        match Call::parse(words).and_then(|call| call.awk()) {
            Ok(mut awk) => {
                for line in input.lines() {
                    awk.line(line, &mut output);
                }
                awk.end(&mut output);
            }
            Err(words) => output = words,
        }
        output
    }

    #[test]
    fn programs_of_notes_do_what_awk_does() {
        for (words, input, output) in [
            (&["{print $2}"] as &[_], "a b\nc d", "b\nd\n"),
            (&["{print $1 \"-\" $2}"], "a b", "a-b\n"),
            (&["NR==2{print $1}"], "a b\nc d", "c\n"),
            (&["NR>1 {print $1, $NF}"], "h\na b c", "a c\n"),
            (&["{s+=$2} END {print s, s/NR}"], "a 1\nb 2", "3 1.5\n"),
            (&["-F", ":", "{print $2}"], "a:b", "b\n"),
            (&["-F:", "-v", "x=y", "{print x $1}"], "a:b", "ya\n"),
            (&["/a/ {print $(NF-1)}"], "x\na b", "a\n"),
            (
                &["$3 != \"Running\" && $2 ~ /^0/"],
                "p 0/1 Pending\nq 1/1 Running",
                "p 0/1 Pending\n",
            ),
            (&["!seen[$1]++"], "a\nb\na", "a\nb\n"),
            (&["{c[$1]++} END {for (k in c) print k, c[k]}"], "b\na\nb", "a 1\nb 2\n"),
            (&["{printf \"%-5s|%d\\n\", $1, $2}"], "a 3", "a    |3\n"),
            (
                &["BEGIN {print 1+2*3, length(\"abc\"), substr(\"hello\", 2, 3), toupper(\"a\")}"],
                "",
                "7 3 ell A\n",
            ),
            (&["{if ($1 > 9) print \"big\"; else print \"small\"}"], "10\n9", "big\nsmall\n"),
            (&["{gsub(/a/, \"b\"); print}"], "banana", "bbnbnb\n"),
            (&["{$2 = \"x\"; print}"], "a b c", "a x c\n"),
            (&["NR==1{next} {print} END{exit 3}"], "a\nb", "b\n"),
        ] {
            assert_eq!(run(words, input), output, "{words:?}");
        }
    }

    #[test]
    fn hostile_programs_end() {
        for text in ["(", "!", "-", "{", "$", "a[", "length(", "1?", "{if(1)", "x=", "++"] {
            run(&[&text.repeat(100_000)], "a");
        }
        run(&[&format!("{{print {}}}", "1 ".repeat(100_000))], "a");
        run(
            &["{$99999999999999 = 1; print $-1, $1e9, substr($0, -99999999999, 99999999999999)}"],
            "a",
        );
    }
}
