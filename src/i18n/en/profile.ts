/** The security page’s sentences about the profile, in English. */
export const profile = {
  title: 'Profile',
  about: 'Applications that you sign in to may see this.',
  name: 'Name',
  username: 'Username',
  picture: 'Picture',
  groups: 'Groups',
  none: 'Not set',
  yes: 'Yes',
  no: 'No',
  byOperator: 'Only the operator of this service can change the rest.',
  change: 'Change profile',
  pictureAddress: 'Web address of your picture',
  pictureHint: 'It starts with https://. Applications load the picture from there.',
  isChanged: 'Your profile has been changed.',
  errors: {
    name: 'Please enter a name of at most 100 characters.',
    picture: 'Please enter a web address that starts with https:// and has no port or password.',
    string: 'Please enter at most 200 characters.',
    number: 'Please enter a number.',
    boolean: 'Please choose again.',
  },
}
