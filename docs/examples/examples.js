// The example "Talking with your page": orders go to the element, events come from it.
const lab = document.getElementById('lab-talk');
const said = document.getElementById('said');

lab.addEventListener('podyard-state', ({ detail }) => {
  const pods = Object.entries(detail.pods).map(([status, count]) => `${count} ${status}`).join(', ');
  said.textContent = `${detail.time}: ${pods || 'no pods'}`;
});
document.getElementById('scale').addEventListener('click', async () => {
  const { status, output } = await lab.run('kubectl scale rc web --replicas=5');
  said.textContent = `exit status ${status}: ${output}`;
});
document.getElementById('reset').addEventListener('click', () => lab.reset());
document.getElementById('seek').addEventListener('click', () => lab.seek('2m'));
